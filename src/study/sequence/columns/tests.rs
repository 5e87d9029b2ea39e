use super::*;

fn columns(names: usize, needs: &[((usize, usize), usize)], width: usize) -> Vec<usize> {
    let names = vec!["phone 1".to_owned(); names];
    let need = |(between, columns): &((usize, usize), usize)| Need {
        between: *between,
        columns: *columns,
    };
    let needs: Vec<Need> = needs.iter().map(need).collect();
    Columns::new(&names, &needs, width, 10).at
}

#[test]
fn short_texts_leave_lifelines_close() {
    assert_eq!(columns(3, &[((0, 1), 5)], 100), [13, 37, 61]);
}

#[test]
fn long_text_widens_its_gap() {
    assert_eq!(columns(3, &[((0, 1), 40)], 100), [13, 53, 77]);
}

#[test]
fn long_text_across_several_gaps_widens_each() {
    assert_eq!(columns(3, &[((0, 2), 61), ((0, 1), 26)], 100), [13, 45, 74]);
}

#[test]
fn narrow_gap_gets_what_it_needs_before_wide_ones_share_the_rest() {
    let at = columns(4, &[((0, 1), 80), ((1, 2), 25), ((2, 3), 80)], 120);
    assert_eq!(at, [13, 52, 77, 116]);
}

#[test]
fn as_many_lifelines_as_are_said_to_fit_do() {
    for width in 60..200 {
        for margin in 0..21 {
            let names = vec!["n".repeat(MAX_NAME); Columns::capacity(width, margin)];
            let at = Columns::new(&names, &[], width, margin).at;
            let end = at[at.len() - 1] + right_of(MAX_NAME);
            assert!(end < width, "{width} {margin}: {at:?}");
        }
    }
}
