use super::super::super::sample;
use super::super::contacts;
use super::*;

#[test]
fn everybody_is_drawn_once() {
    let study = sample::plane();
    let records = study.records.as_ref().expect("records");
    let cases = contacts::cases(records);
    let page = render(records, &study.scenario.meetings.plane, &cases).into_string();
    let map = page.split("<rect class=\"ground\"").nth(1).expect("the map");
    assert_eq!(map.matches("<g class=").count(), sample::PEOPLE as usize);
    assert_eq!(map.matches("<g class=\"index\"").count(), 5);
}

#[test]
fn many_people_are_thinned_out_and_said_to_be() {
    let records = Records { positions: vec![(1.0, 1.0); 5000], ..Records::default() };
    let page = render(&records, &Plane::default(), &[]).into_string();
    assert!(page.contains("One of 3 people is drawn"), "{page}");
    assert_eq!(page.matches("<g class=\"other\"").count(), 1667);
}

#[test]
fn long_plane_gets_a_picture_that_is_not_too_long() {
    let amount = |value: f64| value.try_into().expect("an amount");
    let plane = Plane { width: amount(10.0), height: amount(1000.0), ..Plane::default() };
    assert!(Map::of(&plane).height <= 1.6 * WIDTH);
}
