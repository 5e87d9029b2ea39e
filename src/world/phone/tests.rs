use super::*;

#[test]
fn phone_that_goes_offline_before_it_logs_out_is_done() {
    let phone_with = |plan: &[Step]| {
        let mut phone =
            SimulatedPhone::new(PersonId::new(1), Duration::ZERO, plan.iter().copied().collect());
        phone.connects(ConnectionId(1), Duration::ZERO);
        assert_eq!(phone.go_offline(), Some(ConnectionId(1)));
        phone
    };
    assert!(phone_with(&[Step::LogOut]).is_done());
    assert!(!phone_with(&[Step::LogOut, Step::Upload, Step::LogOut]).is_done());
    assert!(!phone_with(&[Step::Download(1), Step::LogOut]).is_done());
}
