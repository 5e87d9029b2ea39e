use super::*;

#[test]
fn run_moves_the_bar_by_its_part_once() {
    let progress = Progress::new(2);
    let mut run = progress.run();
    for share in [0.25, 0.5, 0.25, 0.5, f64::NAN, -1.0] {
        run.has_come_to(share);
    }
    assert_eq!(progress.bar.position(), STEPS / 2);
    run.has_come_to(7.0);
    assert_eq!((progress.bar.position(), progress.bar.length()), (STEPS, Some(2 * STEPS)));
    progress.end();
}
