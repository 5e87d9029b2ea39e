use super::*;

const LIMITS: BudgetSettings =
    BudgetSettings { in_all: 100, per_user: Some(60), per_address: Some(80) };

fn origin(last: u8) -> Origin {
    Origin::new([192, 0, 2, last].into())
}

fn user(name: &str) -> Option<Username> {
    Some(Username::decode(name.as_bytes()).expect("a name"))
}

fn token(number: u32) -> Token {
    Token::permanent(number)
}

/// Claims that take so many bytes, of one user and address each; connection 0 has the first.
fn claims(budgets: &mut Budgets, claims: &[(&str, u8, usize)]) -> Vec<Claim> {
    let claim = |(number, (name, address, bytes)): (usize, &(&str, u8, usize))| {
        let mut claim = budgets.claim(token(number as u32), user(name), origin(*address));
        budgets.resize(&mut claim, *bytes);
        claim
    };
    claims.iter().enumerate().map(claim).collect()
}

#[test]
fn full_budget_names_the_oldest_of_those_that_share_it() {
    for (others, last, oldest) in [
        (&[("ann", 1, 40)][..], ("bob", 2, 60), None),
        (&[("ann", 1, 40), ("bob", 2, 30)], ("cyd", 3, 31), Some(0)),
        (&[("ann", 1, 10), ("bob", 2, 40)], ("bob", 3, 21), Some(1)),
        (&[("ann", 1, 5), ("bob", 2, 40)], ("cyd", 2, 41), Some(1)),
        (&[("ann", 1, 1)], ("bob", 2, 101), Some(1)),
    ] {
        let mut budgets = Budgets::new(LIMITS);
        let claims = claims(&mut budgets, &[others, &[last]].concat());
        let found = budgets.oldest_beyond(claims.last().expect("one"));
        assert_eq!(found, oldest.map(token), "{others:?} {last:?}");
    }
}

#[test]
fn claim_that_may_not_be_refused_counts_and_is_passed_over() {
    let mut budgets = Budgets::new(LIMITS);
    let claims = claims(&mut budgets, &[("ann", 1, 50), ("ann", 1, 10), ("ann", 1, 10)]);
    budgets.allow_refusal(&claims[0], false);
    assert_eq!(budgets.oldest_beyond(&claims[2]), Some(token(1)));
    budgets.allow_refusal(&claims[0], true);
    assert_eq!(budgets.oldest_beyond(&claims[2]), Some(token(0)));
    budgets.allow_refusal(&claims[0], false);
    for claim in claims {
        budgets.release(claim);
    }
    assert!(budgets.shares.is_empty());
}

#[test]
fn released_claims_leave_nothing() {
    let mut budgets = Budgets::new(LIMITS);
    let all = [("ann", 1, 40), ("ann", 2, 40), ("bob", 2, 40)];
    for claim in claims(&mut budgets, &all) {
        budgets.release(claim);
    }
    assert!(budgets.shares.is_empty());
}

#[test]
fn hosts_on_the_loopback_have_no_limit_but_that_of_all_unless_one_is_given() {
    let here = Origin::new([127, 0, 0, 1].into());
    for (settings, is_limited) in [(BudgetSettings::default(), false), (LIMITS, true)] {
        let mut budgets = Budgets::new(BudgetSettings { in_all: usize::MAX, ..settings });
        let mut claim = budgets.claim(token(0), user("ann"), here);
        budgets.resize(&mut claim, MAX_BYTES_PER_ADDRESS + 1);
        assert_eq!(budgets.oldest_beyond(&claim).is_some(), is_limited);
        let mut claim = budgets.claim(token(1), user("bob"), origin(1));
        budgets.resize(&mut claim, MAX_BYTES_PER_USER + 1);
        assert!(budgets.oldest_beyond(&claim).is_some());
    }
}
