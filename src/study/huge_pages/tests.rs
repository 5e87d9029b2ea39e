use super::*;

fn with(tunables: &str) -> Option<OsString> {
    with_huge_pages(Some(OsStr::new(tunables)))
}

#[test]
fn tunables_are_kept_and_huge_pages_come_to_them() {
    assert_eq!(with_huge_pages(None).expect("asked for"), SETTINGS);
    assert_eq!(with("").expect("asked for"), SETTINGS);
    let both = format!("glibc.malloc.check=3:{SETTINGS}");
    assert_eq!(with("glibc.malloc.check=3").expect("asked for"), *both);
}

#[test]
fn what_the_user_says_of_huge_pages_counts() {
    assert_eq!(with("glibc.malloc.hugetlb=0"), None);
    assert_eq!(with("glibc.malloc.check=3:glibc.malloc.hugetlb=2"), None);
}
