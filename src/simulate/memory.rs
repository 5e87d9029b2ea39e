//! Whether towns fit into the memory of the machine, asked before it is taken: what is too large ends in the
//! middle of a run, and takes other programs along.

use rustix::system::sysinfo;

use super::SimulateError;
use super::runs::PlannedPoint;
use crate::town::Scenario;

/// What a phone takes that has logged in and met nobody, in bytes.
const BYTES_PER_PHONE: f64 = 1_000.0;

/// What the server's registry takes for a TempID, in bytes.
const BYTES_PER_TEMP_ID: f64 = 40.0;

/// Checks that each point fits if so many towns are there at a time.
///
/// # Errors
///
/// [`SimulateError::TooLarge`]; what passes may still be too large, as contact logs are not counted.
pub(super) fn check(points: &[PlannedPoint], runs: u64) -> Result<(), SimulateError> {
    let info = sysinfo();
    check_against(points, runs, info.totalram as u64 * u64::from(info.mem_unit))
}

fn check_against(points: &[PlannedPoint], runs: u64, there: u64) -> Result<(), SimulateError> {
    for point in points {
        let people = &point.scenario.people;
        let phones = (f64::from(people.count) * people.app_share.get()) as u64;
        let needed = ((phones * runs) as f64 * bytes_per_phone(&point.scenario)) as u64;
        if needed > there {
            let at = point.describe();
            return Err(SimulateError::TooLarge { at, phones, runs, needed, there });
        }
    }
    Ok(())
}

/// With one TempID after the other for all the time of a run.
fn bytes_per_phone(scenario: &Scenario) -> f64 {
    let time = scenario.warm_up.as_f64() + scenario.duration.as_f64();
    BYTES_PER_PHONE + BYTES_PER_TEMP_ID * time / scenario.server.temp_id_lifetime.as_f64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(count: u32) -> PlannedPoint {
        let mut scenario = Scenario::default();
        scenario.people.count = count;
        scenario.people.app_share = 0.5.try_into().expect("a share");
        PlannedPoint { changed: vec![("people.count".to_owned(), count.to_string())], scenario }
    }

    #[test]
    fn town_that_is_larger_than_the_machine_is_refused() {
        let points = [point(1_000), point(40_000_000)];
        let error =
            |runs| check_against(&points, runs, 300_000_000_000).map_err(|error| error.to_string());
        assert_eq!(error(1), Ok(()));
        // Three days and an hour of four TempIDs an hour.
        let expected = "with people.count=40000000: 20,000,000 people with the app take some 507.2 GB of \
            memory in 2 runs at a time (--threads), and this machine has 300 GB";
        assert_eq!(error(2), Err(expected.to_owned()));
    }

    #[test]
    fn default_town_fits_into_this_machine() {
        let default = PlannedPoint { changed: Vec::new(), scenario: Scenario::default() };
        check(&[default], 1).expect("it is small");
    }
}
