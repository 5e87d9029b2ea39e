//! Adversaries that talk to the server: guessers, forgers, flooders.

use std::time::Duration;

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::client::contact_log::MAX_ENTRIES;
use crate::protocol::{ContactRecord, TempId, Username};
use crate::town::draws::{self, Purpose};
use crate::town::event::Event;
use crate::town::ids::{Owners, PhoneId, PhoneRange};
use crate::town::scenario::{Flooder, Forgery, Request, Scenario};
use crate::town::{Core, Town};
use crate::workload::caller::Fact;
use crate::workload::step::{Moment, Step};
use crate::world::phone::{self, Pause};
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
    flooders: Vec<FloodPhones>,
    /// The phones of all of them.
    phones: PhoneRange,
}

#[derive(Debug)]
struct Guesser {
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
    phone: PhoneId,
    overheard: Vec<ContactRecord>,
    rng: Xoshiro256PlusPlus,
}

#[derive(Debug)]
struct FloodPhones {
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
            .map(|(number, guesser)| {
                let targets = guesser.targets.get();
                let (mut rng, most) = (stream(1, number), 10_u64.pow(guesser.digits.into()));
                let passwords = (0..targets).map(|_| rng.random_range(0..most)).collect();
                let attempts = vec![Attempt::Pauses(0); targets as usize];
                Guesser { phones: take(targets), attempts, passwords }
            })
            .collect();
        let forgers: Vec<_> = (0..settings.forger.len())
            .map(|number| Forger {
                phone: take(1).cycle(0),
                overheard: Vec::new(),
                rng: stream(2, number),
            })
            .collect();
        let flooders = settings
            .flooder
            .iter()
            .map(|flooder| FloodPhones { phones: take(phones_of(flooder)), made: 0 })
            .collect();
        let taken = free.start - owners.phones();
        let phones = PhoneRange::take(&mut owners.free(), taken);
        Self { guessers, forgers, flooders, phones }
    }

    /// Their phones.
    pub fn phones(&self) -> PhoneRange {
        self.phones
    }

    /// Accounts and passwords of those who have one.
    pub fn accounts(&self, scenario: &Scenario, owners: &Owners) -> Others {
        let mut accounts = Vec::new();
        let number = |phone: PhoneId| owners.owner_of(phone).number();
        let name = |phone: PhoneId| -> Username { phone::username(number(phone)) };
        for (guesser, settings) in self.guessers.iter().zip(&scenario.adversary.guesser) {
            let width = usize::from(settings.digits);
            for (phone, password) in guesser.phones.iter().zip(&guesser.passwords) {
                accounts.push((name(phone), format!("{password:0width$}")));
            }
        }
        let forgers = self.forgers.iter().map(|forger| forger.phone);
        let flooders = self.flooders.iter().zip(&scenario.adversary.flooder);
        let members = flooders.filter(|(_, settings)| settings.request == Request::TempIds);
        for phone in forgers.chain(members.flat_map(|(flooder, _)| flooder.phones.iter())) {
            accounts.push((name(phone), phone::password(number(phone))));
        }
        accounts
    }

    /// Records a beacon that a forger overhears.
    pub fn overhear(&mut self, forger: u32, record: ContactRecord) {
        let overheard = &mut self.forgers[forger as usize].overheard;
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
fn phones_of(flooder: &Flooder) -> u32 {
    ((flooder.rate.get() * 10.0).ceil() as u32).clamp(1, MOST_FLOOD_PHONES)
}

impl Town {
    /// Schedules the start of all adversaries that talk to the server.
    pub(in crate::town) fn begin_remote(&mut self, core: &mut Core<Event>) {
        let settings = &self.scenario.adversary;
        for (number, guesser) in settings.guesser.iter().enumerate() {
            core.schedule(guesser.from.0, Event::Guesses(number as u32));
        }
        for (number, forger) in settings.forger.iter().enumerate() {
            core.schedule(forger.from.0, Event::Forges(number as u32));
        }
        for (number, flooder) in settings.flooder.iter().enumerate() {
            core.schedule(flooder.from.0, Event::Floods(number as u32));
        }
    }

    /// Starts a guesser on all its accounts.
    pub(in crate::town) fn guess_all(&mut self, guesser: u32, core: &mut Core<Event>) {
        let phones = self.adversaries.remote.guessers[guesser as usize].phones;
        for phone in phones.iter() {
            self.guess(phone, core);
        }
    }

    /// Tries the next number on an account, after a pause.
    pub(in crate::town) fn guess(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        let Owner::Guesser(target) = self.adversaries.remote.owner(phone) else { return };
        let digits = self.scenario.adversary.guesser[target.guesser].digits;
        let attempt = self.adversaries.remote.attempt(target);
        let Attempt::Pauses(next) = *attempt else { return };
        *attempt = Attempt::Tries(next);
        let step = Step::Guess { number: next % 10_u64.pow(digits.into()), digits };
        core.phones[phone.index()].intend(&[step]);
        core.wake(phone.number());
    }

    /// Ends an attempt of a guesser, which has tried `tried` more numbers, and schedules the next
    /// one.
    fn guess_later(&mut self, target: Target, phone: PhoneId, tried: u64, core: &mut Core<Event>) {
        let attempt = self.adversaries.remote.attempt(target);
        if let Attempt::Tries(last) = *attempt {
            *attempt = Attempt::Pauses(last + tried);
            let interval = self.scenario.adversary.guesser[target.guesser].interval.0;
            core.schedule(core.clock.elapsed() + interval, Event::Guess(phone));
        }
    }

    /// Makes up the log of a forger and uploads it.
    pub(in crate::town) fn forge(&mut self, forger: u32, core: &mut Core<Event>) {
        let settings = &self.scenario.adversary.forger[forger as usize];
        // A log holds no more, however many are added.
        let (entries, forgery) = ((settings.entries as usize).min(MAX_ENTRIES), settings.forgery);
        let Forger { phone, overheard, rng } =
            &mut self.adversaries.remote.forgers[forger as usize];
        let records: Vec<ContactRecord> = match forgery {
            Forgery::Overheard => overheard.iter().rev().take(entries).copied().collect(),
            Forgery::Random => {
                let start = core.clock.now().wall;
                let expiry = start.after_seconds(u64::from(self.lifetime) - 1);
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
        core.wake(phone.number());
    }

    /// Opens a connection of a flooder with its first idle phone, and schedules the next one.
    pub(in crate::town) fn flood(&mut self, flooder: u32, core: &mut Core<Event>) {
        let settings = self.scenario.adversary.flooder[flooder as usize].clone();
        let pool = &mut self.adversaries.remote.flooders[flooder as usize];
        let phone = pool.phones.cycle(pool.made);
        pool.made += 1;
        let next = pool.made as f64 / settings.rate.get();
        if next < settings.duration.as_f64() {
            let next = Duration::from_secs_f64(next);
            core.schedule(settings.from.0 + next, Event::Floods(flooder));
        }
        // One whose last connection is not over yet has no hand free.
        if core.phones[phone.index()].is_done() {
            self.outcome.adversaries.floods += 1;
            core.phones[phone.index()].intend(match settings.request {
                Request::Login => &[Step::MistypePassword, Step::Vanish(Moment::BeforeAnyByte)],
                Request::TempIds => &[Step::Download(FLOOD_WINDOWS), Step::LogOut],
            });
            core.wake(phone.number());
        }
    }

    /// Handles what the phone of an adversary learned from the server.
    pub(in crate::town) fn learn_remote(
        &mut self,
        phone: PhoneId,
        fact: &Fact,
        core: &mut Core<Event>,
    ) {
        match self.adversaries.remote.owner(phone) {
            Owner::Guesser(target) => self.learn_of_guess(target, phone, fact, core),
            Owner::Forger => {
                if let Fact::Uploaded(taken) = fact {
                    self.uploaded(phone, *taken, core);
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
        let outcome = &mut self.outcome.adversaries;
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
                *self.adversaries.remote.attempt(target) = Attempt::Succeeded;
                core.phones[phone.index()].intend(&[Step::LogOut]);
                return;
            }
            Fact::Refused { .. } => 0,
            Fact::TempIds(_)
            | Fact::Uploaded(_)
            | Fact::Answered
            | Fact::LoggedOut
            | Fact::Broken(_) => return,
        };
        self.guess_later(target, phone, tried, core);
    }

    /// Handles a lost connection of an adversary. A guesser repeats the unanswered guess after a
    /// pause; a flooder waits for its next connection.
    pub(in crate::town) fn lose_remote(&mut self, phone: PhoneId, core: &mut Core<Event>) {
        match self.adversaries.remote.owner(phone) {
            Owner::Guesser(target) => {
                core.phones[phone.index()].give_up();
                self.guess_later(target, phone, 0, core);
            }
            Owner::Forger => {}
            Owner::Flooder => core.phones[phone.index()].give_up(),
        }
    }

    /// Length of a pause of the phone of an adversary.
    pub(in crate::town) fn pause_remote(&self, phone: PhoneId, _pause: Pause) -> Duration {
        match self.adversaries.remote.owner(phone) {
            // They intend nothing that could come too soon.
            Owner::Guesser(_) | Owner::Flooder => Duration::ZERO,
            Owner::Forger => self.scenario.phones.retry.0,
        }
    }
}
