use super::*;

fn sizes(rooms: &[u32], count: u32) -> Vec<usize> {
    (0..count).map(|room| rooms.iter().filter(|at| **at == room).count()).collect()
}

#[test]
fn everybody_has_a_seat_and_no_room_is_overcrowded() {
    let rooms = Rooms::new(&Scenario::default());
    assert_eq!((rooms.homes, rooms.buses), (167, 17));
    let homes = sizes(rooms.homes(), rooms.count());
    assert!(homes[..166].iter().all(|people| *people == 3) && homes[166] == 2);
    let day = sizes(rooms.classes_and_workplaces(), rooms.count());
    let (classes, others) = day[167..].split_at(rooms.classes as usize);
    assert!(classes.iter().all(|people| (1..=25).contains(people)), "{classes:?}");
    let (workplaces, buses) = others.split_at(rooms.workplaces as usize);
    assert!(workplaces.iter().all(|people| (1..=12).contains(people)), "{workplaces:?}");
    assert!(buses.iter().all(|people| *people == 0));
    // 500 draws of 0.3: the deviation is 10.2.
    let students: usize = classes.iter().sum();
    assert!((110..190).contains(&students), "{students}");
    let buses = sizes(rooms.buses(), rooms.count());
    assert!(buses[rooms.count() as usize - 17..].iter().all(|people| (1..=30).contains(people)));
}
