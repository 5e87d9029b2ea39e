use super::*;

#[test]
fn columns_are_as_wide_as_what_they_hold() {
    let mut table = Table::new(1);
    for row in [&["", "real", "±"][..], &["größe", "1", "22"], &["人", "12,345"]] {
        table.push(row.iter().map(|cell| (*cell).to_owned()).collect());
    }
    assert_eq!(table.lines(), ["         real   ±", "größe       1  22", "人     12,345"]);
    assert_eq!(table.width(), 17);
    assert_eq!(Table::new(1).lines(), [""; 0]);
}
