use std::fs::Permissions;

use super::*;

fn user(name: &str) -> Username {
    Username::decode(name.as_bytes()).expect("a name")
}

fn mode(path: &PathBuf) -> u32 {
    fs::metadata(path).expect("there").permissions().mode() & 0o7777
}

#[test]
fn token_is_kept_in_a_private_file_and_read_back_until_it_is_removed() {
    let directory = tempfile::tempdir().expect("a directory");
    let (tokens, ann) = (TokenDirectory::new(directory.path().into()), user("ann"));
    assert!(matches!(tokens.read(ann), Ok(None)));
    for byte in [1, 2] {
        let token = DeviceToken::new([byte; DeviceToken::BYTES]);
        tokens.keep(ann, &token).expect("kept");
        assert_eq!(tokens.read(ann).expect("private"), Some(token));
        assert_eq!(mode(&tokens.path(ann)), 0o600);
    }
    tokens.remove(ann).expect("removed");
    tokens.remove(ann).expect("nothing to remove");
    assert!(matches!(tokens.read(ann), Ok(None)));
}

#[test]
fn file_of_others_or_without_a_token_is_refused_with_its_name() {
    let directory = tempfile::tempdir().expect("a directory");
    let (tokens, ann) = (TokenDirectory::new(directory.path().into()), user("ann"));
    let token = DeviceToken::new([1; DeviceToken::BYTES]);
    tokens.keep(ann, &token).expect("kept");
    for shared in [0o640, 0o604, 0o620] {
        fs::set_permissions(tokens.path(ann), Permissions::from_mode(shared)).expect("ours");
        let problem = tokens.read(ann).expect_err("shared").to_string();
        assert!(problem.contains("ann_token.txt: not used"), "{problem}");
        assert!(problem.contains(&format!("(mode {shared:04o})")), "{problem}");
    }
    tokens.keep(ann, &token).expect("kept");
    assert_eq!(mode(&tokens.path(ann)), 0o600);
    fs::write(tokens.path(ann), "comp3331").expect("written");
    let problem = tokens.read(ann).expect_err("no token").to_string();
    assert!(problem.contains("ann_token.txt: it has no device token"), "{problem}");
    assert!(!problem.contains("comp3331"), "{problem}");
}

#[test]
fn only_user_is_the_one_with_a_token_unless_there_are_several() {
    let directory = tempfile::tempdir().expect("a directory");
    let tokens = TokenDirectory::new(directory.path().into());
    assert_eq!(tokens.only_user(), None);
    fs::write(directory.path().join("ann_contactlog.txt"), "").expect("written");
    fs::write(directory.path().join("no user_token.txt"), "").expect("written");
    let token = DeviceToken::new([1; DeviceToken::BYTES]);
    tokens.keep(user("ann"), &token).expect("kept");
    assert_eq!(tokens.only_user(), Some(user("ann")));
    tokens.keep(user("bob"), &token).expect("kept");
    assert_eq!(tokens.only_user(), None);
}
