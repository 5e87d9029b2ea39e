//! Adversaries that talk to the server: guessers, forgers, flooders.

use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::Adversaries;
use crate::client::contact_log::MAX_ENTRIES;
use crate::protocol::{ContactRecord, TempId};
use crate::town::Core;
use crate::town::draws::{self, Purpose};
use crate::town::event::Event;
use crate::town::ids::{FlooderId, ForgerId, GuesserId, Owners, PhoneId, PhoneRange};
use crate::town::scenario::{self, Forgery, Request, Scenario};
use crate::workload::caller::Fact;
use crate::workload::step::{Moment, Step};
use crate::world::phone;
use crate::world::server::Others;

/// Largest number of connections of a flooder at a time; each needs a phone of its own.
const MOST_FLOOD_PHONES: u32 = 10_000;

/// TempIDs that a flooder requests at once.
const FLOOD_WINDOWS: u8 = 100;

/// The adversaries that talk to the server, and their phones.
#[derive(Debug)]
pub struct Remote {
    guessers: Vec<Guesser>,
    forgers: Vec<Forger>,
    flooders: Vec<Flooder>,
    /// The phones of all of them.
    phones: PhoneRange,
    /// Time until a forger tries again.
    retry: Duration,
    /// Lifetime of a TempID, in seconds.
    lifetime: u32,
}

#[derive(Debug)]
struct Guesser {
    settings: scenario::Guesser,
    /// Phones, one for each account under attack.
    phones: PhoneRange,
    /// Progress on each account.
    attempts: Vec<Attempt>,
    /// The right password of each account.
    passwords: Vec<u64>,
}

/// Progress of a guesser on an account. A number is tried until the server answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    /// The guesser pauses before it tries this number.
    Pauses(u64),
    /// The guesser waits for the answer to this number.
    Tries(u64),
    /// The guesser has logged in.
    Succeeded,
}

#[derive(Debug)]
struct Forger {
    settings: scenario::Forger,
    phone: PhoneId,
    overheard: Vec<ContactRecord>,
    rng: Xoshiro256PlusPlus,
}

#[derive(Debug)]
struct Flooder {
    settings: scenario::Flooder,
    phones: PhoneRange,
    made: u64,
}

/// Owner of a phone that belongs to no person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Guesser(Target),
    Forger,
    Flooder,
}

/// An account under attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Target {
    /// Index of the guesser.
    guesser: usize,
    /// Index of the account among those of the guesser.
    account: usize,
}

impl Remote {
    /// The adversaries of a scenario, with phones that come after those of people.
    pub fn new(scenario: &Scenario, owners: &Owners) -> Self {
        let settings = &scenario.adversary;
        let mut free = owners.free();
        let mut take = |count: u32| PhoneRange::take(&mut free, count);
        // Streams behind those of repeaters; one kind does not move those of another.
        let stream = |kind: u64, number: usize| {
            draws::stream(scenario.seed, Purpose::Adversary, (kind << 32) + number as u64)
        };
        let guessers: Vec<_> = settings
            .guesser
            .iter()
            .enumerate()
            .map(|(number, settings)| {
                let (settings, targets) = (settings.clone(), settings.targets.get());
                let (mut rng, most) = (stream(1, number), 10_u64.pow(settings.digits.into()));
                let passwords = (0..targets).map(|_| rng.random_range(0..most)).collect();
                let attempts = vec![Attempt::Pauses(0); targets as usize];
                Guesser { settings, phones: take(targets), attempts, passwords }
            })
            .collect();
        let forgers: Vec<_> = settings
            .forger
            .iter()
            .enumerate()
            .map(|(number, settings)| Forger {
                settings: settings.clone(),
                phone: take(1).cycle(0),
                overheard: Vec::new(),
                rng: stream(2, number),
            })
            .collect();
        let flooders = settings
            .flooder
            .iter()
            .map(|settings| Flooder {
                settings: settings.clone(),
                phones: take(phones_of(settings)),
                made: 0,
            })
            .collect();
        let taken = free.start - owners.phones();
        let phones = PhoneRange::take(&mut owners.free(), taken);
        let (retry, lifetime) = (scenario.phones.retry.0, scenario.server.lifetime_seconds());
        Self { guessers, forgers, flooders, phones, retry, lifetime }
    }

    /// Their phones.
    pub fn phones(&self) -> PhoneRange {
        self.phones
    }

    /// Accounts and passwords of those who have one.
    pub fn accounts(&self, owners: &Owners) -> Others {
        let mut accounts = Vec::new();
        let name = |phone: PhoneId| phone::username(owners.owner_of(phone));
        for guesser in &self.guessers {
            let width = usize::from(guesser.settings.digits);
            for (phone, password) in guesser.phones.iter().zip(&guesser.passwords) {
                accounts.push((name(phone), format!("{password:0width$}")));
            }
        }
        let forgers = self.forgers.iter().map(|forger| forger.phone);
        let flooders = self.flooders.iter();
        let members = flooders.filter(|flooder| flooder.settings.request == Request::TempIds);
        for phone in forgers.chain(members.flat_map(|flooder| flooder.phones.iter())) {
            accounts.push((name(phone), phone::password(owners.owner_of(phone))));
        }
        accounts
    }

    /// Records a beacon that a forger overhears.
    pub fn overhear(&mut self, forger: ForgerId, record: ContactRecord) {
        let overheard = &mut self.forgers[forger.index()].overheard;
        if !overheard.iter().any(|other| other.temp_id == record.temp_id) {
            overheard.push(record);
        }
    }

    fn owner(&self, phone: PhoneId) -> Owner {
        let target = |(guesser, it): (usize, &Guesser)| {
            it.phones.index_of(phone).map(|account| Target { guesser, account })
        };
        match self.guessers.iter().enumerate().find_map(target) {
            Some(target) => Owner::Guesser(target),
            None if self.forgers.iter().any(|forger| forger.phone == phone) => Owner::Forger,
            None => Owner::Flooder,
        }
    }

    /// Progress on an account.
    fn attempt(&mut self, Target { guesser, account }: Target) -> &mut Attempt {
        &mut self.guessers[guesser].attempts[account]
    }
}

/// Number of phones of a flooder: its connections at a time if each lasts for some seconds.
fn phones_of(flooder: &scenario::Flooder) -> u32 {
    ((flooder.rate.get() * 10.0).ceil() as u32).clamp(1, MOST_FLOOD_PHONES)
}

impl Adversaries {
    /// Schedules the start of all adversaries that talk to the server.
    pub fn begin(&self, core: &mut Core<Event>) {
        for (guesser, id) in self.remote.guessers.iter().zip((0..).map(GuesserId::new)) {
            core.schedule(guesser.settings.from.0, Event::Guesses(id));
        }
        for (forger, id) in self.remote.forgers.iter().zip((0..).map(ForgerId::new)) {
            core.schedule(forger.settings.from.0, Event::Forges(id));
        }
        for (flooder, id) in self.remote.flooders.iter().zip((0..).map(FlooderId::new)) {
            core.schedule(flooder.settings.from.0, Event::Floods(id));
        }
    }

    /// Starts a guesser on all its accounts.
    pub fn guess_all(&mut self, guesser: GuesserId, core: &mut Core<Event>) {
        let phones = self.remote.guessers[guesser.index()].phones;
        for phone in phones.iter() {
            self.guess(phone, core);
        }
    }

    /// Tries the next number on an account, after a pause.
    pub fn guess(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let Owner::Guesser(target) = self.remote.owner(phone) else { return };
        let digits = self.remote.guessers[target.guesser].settings.digits;
        let attempt = self.remote.attempt(target);
        let Attempt::Pauses(next) = *attempt else { return };
        *attempt = Attempt::Tries(next);
        let step = Step::Guess { number: next % 10_u64.pow(digits.into()), digits };
        core.phones[phone.index()].intend(&[step]);
        core.wake(phone);
    }

    /// Ends an attempt of a guesser, which has tried `tried` more numbers, and schedules the next
    /// one.
    fn guess_later(&mut self, target: Target, phone: PhoneId, tried: u64, core: &mut Core<Event>) {
        let attempt = self.remote.attempt(target);
        if let Attempt::Tries(last) = *attempt {
            *attempt = Attempt::Pauses(last + tried);
            let interval = self.remote.guessers[target.guesser].settings.interval.0;
            core.schedule(core.clock.elapsed() + interval, Event::Guess(phone));
        }
    }

    /// Makes up the log of a forger and uploads it.
    pub fn forge(&mut self, forger: ForgerId, core: &mut Core<Event>) {
        let lifetime = self.remote.lifetime;
        let Forger { settings, phone, overheard, rng } = &mut self.remote.forgers[forger.index()];
        // A log holds no more, however many are added.
        let entries = (settings.entries as usize).min(MAX_ENTRIES);
        let records: Vec<ContactRecord> = match settings.forgery {
            Forgery::Overheard => overheard.iter().rev().take(entries).copied().collect(),
            Forgery::Random => {
                let start = core.clock.now().wall;
                let expiry = start.after_seconds(u64::from(lifetime) - 1);
                let random = || TempId::from_number(rng.random_range(0..TempId::COUNT));
                std::iter::repeat_with(random)
                    .map_while(|temp_id| Some(ContactRecord { temp_id: temp_id?, start, expiry }))
                    .take(entries)
                    .collect()
            }
        };
        let (phone, now) = (*phone, core.clock.now());
        for record in records {
            core.phones[phone.index()].phone().log_mut().add(record, now);
        }
        core.phones[phone.index()].intend(&[Step::Upload, Step::LogOut]);
        core.wake(phone);
    }

    /// Opens a connection of a flooder with its first idle phone, and schedules the next one.
    pub fn flood(&mut self, flooder: FlooderId, core: &mut Core<Event>) {
        let Flooder { settings, phones, made } = &mut self.remote.flooders[flooder.index()];
        let phone = phones.cycle(*made);
        *made += 1;
        let next = *made as f64 / settings.rate.get();
        if next < settings.duration.as_f64() {
            let next = Duration::from_secs_f64(next);
            core.schedule(settings.from.0 + next, Event::Floods(flooder));
        }
        // One whose last connection is not over yet has no hand free.
        if core.phones[phone.index()].is_done() {
            self.outcome.floods += 1;
            core.phones[phone.index()].intend(match settings.request {
                Request::Login => &[Step::MistypePassword, Step::Vanish(Moment::BeforeAnyByte)],
                Request::TempIds => &[Step::Download(FLOOD_WINDOWS), Step::LogOut],
            });
            core.wake(phone);
        }
    }

    /// Handles what the phone of an adversary learned from the server.
    pub fn learn(&mut self, phone: PhoneId, fact: &Fact, core: &mut Core<Event>) {
        match self.remote.owner(phone) {
            Owner::Guesser(target) => self.learn_of_guess(target, phone, fact, core),
            Owner::Forger => {
                if let Fact::Uploaded(_) = fact {
                    self.outcome.forged_logs += 1;
                }
            }
            Owner::Flooder => {
                // One that tried again would come more often than its rate, and for longer than it
                // should.
                if matches!(fact, Fact::Refused { .. }) {
                    core.phones[phone.index()].give_up();
                    core.phones[phone.index()].intend(&[Step::Vanish(Moment::BeforeAnyByte)]);
                }
            }
        }
    }

    /// Handles the answer to a guess.
    fn learn_of_guess(
        &mut self,
        target: Target,
        phone: PhoneId,
        fact: &Fact,
        core: &mut Core<Event>,
    ) {
        let outcome = &mut self.outcome;
        let tried = match fact {
            Fact::WrongPassword { .. } | Fact::NowBlocked => {
                outcome.guesses += 1;
                outcome.guesses_judged += 1;
                1
            }
            Fact::Blocked => {
                outcome.guesses += 1;
                1
            }
            Fact::LoggedIn { .. } => {
                outcome.guesses += 1;
                outcome.guesses_judged += 1;
                outcome.guesses_right += 1;
                *self.remote.attempt(target) = Attempt::Succeeded;
                core.phones[phone.index()].intend(&[Step::LogOut]);
                return;
            }
            Fact::Refused { .. } => 0,
            Fact::TempIds(_)
            | Fact::Uploaded(_)
            | Fact::Answered
            | Fact::Notice(_)
            | Fact::Acknowledged(_)
            | Fact::NotAcknowledged(_)
            | Fact::LoggedOut
            | Fact::Broken(_) => return,
        };
        self.guess_later(target, phone, tried, core);
    }

    /// Handles a lost connection of an adversary. A guesser repeats the unanswered guess after a
    /// pause; a flooder waits for its next connection.
    pub fn lose(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        match self.remote.owner(phone) {
            Owner::Guesser(target) => {
                core.phones[phone.index()].give_up();
                self.guess_later(target, phone, 0, core);
            }
            Owner::Forger => {}
            Owner::Flooder => core.phones[phone.index()].give_up(),
        }
    }

    /// Length of a pause of the phone of an adversary.
    pub fn pause(&self, phone: PhoneId) -> Duration {
        match self.remote.owner(phone) {
            // They intend nothing that could come too soon.
            Owner::Guesser(_) | Owner::Flooder => Duration::ZERO,
            Owner::Forger => self.remote.retry,
        }
    }
}
