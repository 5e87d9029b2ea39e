use super::*;

fn with(tunables: Option<&str>) -> Option<OsString> {
    with_settings(tunables.map(OsStr::new), &[Setting::HUGE_PAGES, Setting::ONE_HEAP])
}

#[test]
fn tunables_are_kept_and_the_settings_come_to_them() {
    const REQUESTED: &str = "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1";
    for tunables in [None, Some("")] {
        assert_eq!(with(tunables).expect("requested"), REQUESTED);
    }
    let both = with(Some("glibc.malloc.check=3")).expect("requested");
    assert_eq!(both, *format!("glibc.malloc.check=3:{REQUESTED}"));
}

#[test]
fn what_the_user_says_of_a_setting_counts_and_leaves_the_others_alone() {
    let other = with(Some("glibc.malloc.hugetlb=0")).expect("requested");
    assert_eq!(other, "glibc.malloc.hugetlb=0:glibc.malloc.arena_max=1");
    assert_eq!(with(Some("glibc.malloc.arena_max=4:glibc.malloc.hugetlb=2")), None);
}
