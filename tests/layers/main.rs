//! Arrows between layers go down only, and no two files import each other.
//!
//! ARCHITECTURE.md lists the layers, once, in a fenced block below the heading "Layers": one layer
//! a line, the highest first, and side by side what shares a line and knows nothing of each other.
//!
//! What counts as an import is a path that names an item of another file, in a `use` or in code;
//! re-exports are followed to the file that defines the item. Tests must keep to the layers, but
//! may import what they test. A parent module and its child may name each other, since Rust splits
//! one module into files that way: the parent's type, and `impl` blocks for it in its children. All
//! other files, siblings or in different folders, must not import each other, nor in a ring of
//! several.

mod arrows;
mod tree;
mod violations;

use std::fs;
use std::path::Path;

use tree::Tree;
use violations::{Layers, rings, upward_arrows};

#[test]
fn arrows_between_layers_go_down_and_no_two_files_import_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let architecture = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let layers = Layers::parse(&architecture).expect("the list of layers");
    let tree = Tree::read(root);
    let unlisted = layers.unlisted(&tree);
    assert!(unlisted.is_empty(), "the list of layers in ARCHITECTURE.md lacks {unlisted:?}");
    let mut violations = upward_arrows(&tree, &layers);
    violations.extend(rings(&tree));
    assert!(violations.is_empty(), "{}", violations.join("\n"));
    assert!(tree.arrows.len() > 500, "only {} arrows found", tree.arrows.len());
}

/// A crate in a temporary directory, with these files below `src`.
fn made_up(files: &[(&str, &str)]) -> Tree {
    let root = tempfile::tempdir().expect("a temporary directory");
    for (name, text) in files {
        let path = root.path().join("src").join(name);
        fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
        fs::write(path, text).expect("a file");
    }
    Tree::read(root.path())
}

const LAYERS: &str = "## Layers\n\n```text\nbin\nserver  client\nreactor\nprotocol\n```\n";

fn upward(files: &[(&str, &str)]) -> Vec<String> {
    upward_arrows(&made_up(files), &Layers::parse(LAYERS).expect("layers"))
}

fn rings_of(files: &[(&str, &str)]) -> Vec<String> {
    rings(&made_up(files))
}

const LIB: (&str, &str) =
    ("lib.rs", "pub mod client;\npub mod protocol;\npub mod reactor;\npub mod server;\n");
const CLIENT: (&str, &str) = ("client.rs", "pub struct Client;\n");
const REACTOR: (&str, &str) = ("reactor.rs", "pub struct Poll;\n");
const PROTOCOL: (&str, &str) = ("protocol.rs", "pub struct Reply;\n");

#[test]
fn import_from_a_lower_layer_is_fine() {
    let server =
        ("server.rs", "use crate::protocol::Reply;\nfn poll(_: crate::reactor::Poll) {}\n");
    let bin = ("bin/server.rs", "use bluetrace::client::Client;\nfn main() {}\n");
    assert_eq!(upward(&[LIB, CLIENT, REACTOR, PROTOCOL, server, bin]), [""; 0]);
}

#[test]
fn import_from_a_higher_layer_is_named_with_file_and_line() {
    let server = ("server.rs", "pub struct Server;\n");
    let protocol = ("protocol.rs", "pub struct Reply;\n\nuse crate::server::Server;\n");
    assert_eq!(
        upward(&[LIB, CLIENT, REACTOR, protocol, server]),
        ["src/protocol.rs:3: protocol must not import server (server::Server)"]
    );
}

#[test]
fn layers_side_by_side_do_not_import_each_other() {
    let server = ("server.rs", "use crate::{\n    client::Client,\n    protocol::Reply,\n};\n");
    assert_eq!(
        upward(&[LIB, CLIENT, REACTOR, PROTOCOL, server]),
        ["src/server.rs:2: server must not import client (client::Client)"]
    );
}

#[test]
fn path_in_code_is_an_arrow_in_tests_and_macros_too() {
    let server = ("server.rs", "pub fn name() -> u8 { 1 }\n");
    let protocol =
        ("protocol.rs", "pub struct Reply;\nfn a() -> u8 {\n    crate::server::name()\n}\n");
    let reactor = (
        "reactor/mod.rs",
        "#[cfg(test)]\nmod tests {\n    use crate::server;\n    fn a() {\n        println!(\"{}\", server::name());\n    }\n}\n",
    );
    assert_eq!(
        upward(&[LIB, CLIENT, reactor, protocol, server]),
        [
            "src/protocol.rs:3: protocol must not import server (server::name)",
            "src/reactor/mod.rs:5: reactor must not import server (server::name)",
        ]
    );
}

#[test]
fn siblings_that_import_each_other_are_named_with_both_lines() {
    let files = [
        LIB,
        CLIENT,
        REACTOR,
        PROTOCOL,
        ("server/mod.rs", "mod session;\nmod service;\npub use session::Session;\n"),
        ("server/session.rs", "use super::service::Service;\npub struct Session(Service);\n"),
        (
            "server/service.rs",
            "pub struct Service;\nimpl Service {\n    fn a(_: super::Session) {}\n}\n",
        ),
    ];
    assert_eq!(
        rings_of(&files),
        ["src/server/service.rs:3 imports src/server/session.rs (server::session::Session), \
         src/server/session.rs:1 imports src/server/service.rs (server::service::Service)"]
    );
}

#[test]
fn parent_and_child_are_one_module_and_tests_import_what_they_test() {
    let files = [
        LIB,
        CLIENT,
        REACTOR,
        PROTOCOL,
        (
            "server/mod.rs",
            "mod session;\n#[cfg(test)]\nmod tests;\nuse session::Session;\npub struct Server(Session);\n",
        ),
        ("server/session.rs", "use super::Server;\npub struct Session;\nimpl Server {}\n"),
        (
            "server/tests.rs",
            "use super::session::Session;\npub fn fixture() -> Session { Session }\n",
        ),
    ];
    assert_eq!(rings_of(&files), [""; 0]);
}

#[test]
fn glob_imports_and_renamed_re_exports_are_followed_to_the_definition() {
    let files = [
        LIB,
        CLIENT,
        REACTOR,
        PROTOCOL,
        (
            "server/mod.rs",
            "mod users;\nmod desk;\npub use users::*;\npub use desk::Desk as Counter;\n",
        ),
        ("server/users.rs", "use super::Counter;\npub struct User(Counter);\n"),
        ("server/desk.rs", "pub struct Desk;\nfn a(_: super::User) {}\n"),
    ];
    assert_eq!(
        rings_of(&files),
        ["src/server/desk.rs:2 imports src/server/users.rs (server::users::User), \
         src/server/users.rs:1 imports src/server/desk.rs (server::desk::Desk)"]
    );
}

#[test]
fn list_of_layers_without_its_heading_or_with_a_name_twice_is_refused() {
    assert!(Layers::parse("```text\nbin\n```\n").is_err());
    assert!(Layers::parse("## Layers\n```text\nbin\nbin\n```\n").is_err());
}
