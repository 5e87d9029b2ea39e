use super::*;

#[test]
fn token_survives_the_way_through_mio() {
    let greatest = Table::new(Table::MAX_TABLES - 1);
    for token in [
        Token::new(Table::new(0), 0, 0),
        Token::new(greatest, Token::MAX_SLOTS - 1, u32::MAX),
        Token::permanent(3),
    ] {
        assert_eq!(Token::from(mio::Token::from(token)), token);
    }
}

#[test]
fn token_names_its_table_slot_and_generation() {
    let table = Table::new(Table::MAX_TABLES - 1);
    let token = Token::new(table, Token::MAX_SLOTS - 1, 7);
    assert_eq!((token.table(), token.slot(), token.generation()), (table, Token::MAX_SLOTS - 1, 7));
}
