//! `credentials.txt`: a file that is read is read the same when its users are written down anew.

#![no_main]

use bluetrace::server::passwords::Passwords;
use bluetrace_fuzz::{check_message, file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let (passwords, _) = match Passwords::read(&file("credentials.txt", content)) {
        Ok(read) => read,
        Err(error) => return check_message(&error),
    };
    let mut anew = Vec::new();
    for user in passwords.users() {
        let password = passwords.of(user).expect("the password of a user");
        anew.extend_from_slice(format!("{user} ").as_bytes());
        anew.extend_from_slice(password);
        anew.push(b'\n');
    }
    let (again, _) = Passwords::read(&file("credentials.txt", &anew)).expect("the same users");
    assert_eq!(again.len(), passwords.len());
    for user in passwords.users() {
        assert_eq!(again.of(user), passwords.of(user));
    }
});
