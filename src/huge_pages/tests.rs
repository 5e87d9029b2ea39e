use super::*;

fn with(tunables: &str) -> Option<OsString> {
    with_huge_pages(Some(OsStr::new(tunables)), None)
}

#[test]
fn tunables_are_kept_and_huge_pages_come_to_them() {
    assert_eq!(with_huge_pages(None, None).expect("asked for"), "glibc.malloc.hugetlb=1");
    assert_eq!(with("").expect("asked for"), "glibc.malloc.hugetlb=1");
    let both = with("glibc.malloc.check=3").expect("asked for");
    assert_eq!(both, "glibc.malloc.check=3:glibc.malloc.hugetlb=1");
    let step = with_huge_pages(None, Some(4096)).expect("asked for");
    assert_eq!(step, "glibc.malloc.hugetlb=1:glibc.malloc.top_pad=4096");
}

#[test]
fn what_the_user_says_of_huge_pages_counts() {
    assert_eq!(with("glibc.malloc.hugetlb=0"), None);
    assert_eq!(with("glibc.malloc.check=3:glibc.malloc.hugetlb=2"), None);
}
