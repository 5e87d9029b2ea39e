use super::super::{Setting, all};
use super::*;
use crate::study::points::Origin;
use crate::town::{Outcome, Records};

/// The findings of towns in which nothing happens.
fn findings(experiment: Experiment, seed: u64) -> Findings {
    let nothing = |_: &_, _, _: &mut dyn FnMut(f64)| Ok((Outcome::default(), Records::default()));
    let study = experiment.plan(seed, Some(1), true).run_with(nothing).expect("played");
    Findings::new(experiment, study)
}

#[test]
fn study_of_an_experiment_has_its_seed_runs_and_settings() {
    for experiment in all() {
        let Study { scenario, origin, points, .. } = findings(experiment.clone(), 7).study;
        assert_eq!((scenario.seed, scenario.runs.get()), (7, experiment.runs));
        assert_eq!(origin, Origin::Experiment(experiment.name));
        assert_eq!(points.len(), experiment.settings.len());
        for (point, setting) in points.iter().zip(&experiment.settings) {
            assert_eq!(point.scenario.adversary, setting.scenario.adversary);
            assert_eq!(point.scenario.phones, setting.scenario.phones);
            assert_eq!((point.scenario.seed, &point.scenario.name), (7, &scenario.name));
        }
    }
}

#[test]
fn settings_of_an_experiment_have_the_same_keys() {
    for experiment in all() {
        let keys =
            |setting: &Setting| -> Vec<_> { setting.changed.iter().map(|(key, _)| *key).collect() };
        let first = keys(&experiment.settings[0]);
        assert!(experiment.settings.iter().all(|setting| keys(setting) == first));
    }
}

#[test]
fn towns_in_which_nothing_happens_are_as_nobody_expects() {
    for experiment in all() {
        let findings = findings(experiment, 1);
        for point in &findings.study.points {
            let is_met =
                |comparison: &&Comparison| comparison.changed == point.changed && comparison.is_met;
            let met = findings.comparisons.iter().filter(is_met).count();
            let all = findings.comparisons.iter().filter(|it| it.changed == point.changed);
            assert!(met < all.count(), "{}: {:?}", findings.experiment.name, point.changed);
        }
    }
}
