use super::*;

#[test]
#[allow(clippy::disallowed_methods, reason = "threads are what it is about")]
fn threads_that_end_meanwhile_are_passed_over() {
    let process = Process::new(std::process::id());
    for _ in 0..200 {
        let threads: Vec<_> = (0..8).map(|_| std::thread::spawn(|| {})).collect();
        process.processor_time().expect("the others are there");
        threads.into_iter().for_each(|thread| thread.join().expect("nothing to do"));
    }
}

#[test]
fn own_processor_time_is_read_and_that_of_nobody_is_an_error() {
    assert!(Process::new(std::process::id()).processor_time().is_ok());
    assert!(Process::new(u32::MAX).processor_time().is_err());
}

#[test]
fn account_of_a_thread_is_read_and_anything_else_is_none() {
    assert_eq!(account("0 0 1\n"), Some((0, 1)));
    assert_eq!(account("879669 12 3\n"), Some((879_669, 3)));
    for text in ["", "12 3", "x 2 3", "1 2 x"] {
        assert_eq!(account(text), None, "{text:?}");
    }
}
