//! Scenario files: a scenario that is read is the same when it is written as a file and read again.

#![no_main]

use bluetrace::study::scenario_file::ScenarioFile;
use bluetrace_fuzz::file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let path = file("scenario.toml", content);
    let scenario = ScenarioFile::read(&path).and_then(|file| file.scenario(&[]));
    match scenario {
        Ok(scenario) => {
            let text = toml::to_string(&scenario).expect("a scenario as TOML");
            let path = file("scenario.toml", text.as_bytes());
            let again = ScenarioFile::read(&path).and_then(|file| file.scenario(&[]));
            assert_eq!(again.expect("our own file"), scenario);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
