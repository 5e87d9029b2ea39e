//! Where the timers are: in one slab, linked into the lists of the slots.

use std::num::NonZeroU32;

use slab::Slab;

use super::tick::Tick;

/// The bits of one digit of a tick: 64 slots a level, so that one `u64` tells which of them are
/// occupied.
pub(super) const DIGIT_BITS: u32 = 6;
pub(super) const SLOTS_PER_LEVEL: usize = 1 << DIGIT_BITS;
pub(super) const DIGIT_MASK: u64 = SLOTS_PER_LEVEL as u64 - 1;

/// As many levels as a `u64` has digits: eleven, 11 KiB of slots, and in return no overflow list
/// that must be correct too.
pub(super) const LEVELS: usize = u64::BITS.div_ceil(DIGIT_BITS) as usize;

/// The link that leads nowhere. It is why a wheel holds fewer than 2^32 timers.
pub(super) const NIL: u32 = u32::MAX;

/// An armed timer, a link of the list that [`Home`] names.
pub(super) struct Timer<T> {
    pub(super) tick: Tick,
    pub(super) previous: u32,
    pub(super) next: u32,
    pub(super) generation: NonZeroU32,
    pub(super) home: Home,
    pub(super) value: T,
}

/// The list that a timer is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Home {
    /// Its deadline has passed, and its value waits to be popped.
    Due,
    /// Its deadline lies ahead, or was in the past when it was inserted.
    Slot { level: u8, slot: u8 },
}

impl Home {
    /// The rule of the wheel, see the module.
    pub(super) fn of(tick: Tick, cursor: Tick) -> Self {
        // The mask makes the lowest digit differ, so that the tick of the cursor itself has a home
        // too.
        let level = ((tick.0 ^ cursor.0) | DIGIT_MASK).ilog2() / DIGIT_BITS;
        let slot = (tick.0 >> (level * DIGIT_BITS)) & DIGIT_MASK;
        Self::Slot { level: level as u8, slot: slot as u8 }
    }
}

/// An occupied slot, as seen from outside.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) level: u8,
    pub(super) slot: u8,
    pub(super) earliest: Tick,
}

impl Slot {
    /// The first tick of the time that the slot spans.
    pub(super) fn first_tick(self) -> Tick {
        let shift = u32::from(self.level) * DIGIT_BITS;
        Tick(self.earliest.0 >> shift << shift)
    }
}

/// The lists of timers: one for each slot of each level, and the due ones.
pub(super) struct Lists {
    pub(super) levels: Box<[Level]>,
    pub(super) due: List,
}

impl Lists {
    pub(super) fn new() -> Self {
        Self { levels: vec![Level::EMPTY; LEVELS].into_boxed_slice(), due: List::EMPTY }
    }

    pub(super) fn first_slot(&self) -> Option<Slot> {
        let level = self.levels.iter().position(|level| level.occupied != 0)?;
        let slot = self.levels[level].occupied.trailing_zeros();
        let earliest = self.levels[level].slots[slot as usize].earliest;
        Some(Slot { level: level as u8, slot: slot as u8, earliest })
    }

    pub(super) fn append<T>(&mut self, timers: &mut Slab<Timer<T>>, index: u32) {
        match timers[index as usize].home {
            Home::Due => self.due.append(timers, index),
            Home::Slot { level, slot } => {
                let level = &mut self.levels[usize::from(level)];
                level.occupied |= 1 << slot;
                level.slots[usize::from(slot)].append(timers, index);
            }
        }
    }

    pub(super) fn unlink<T>(&mut self, timers: &mut Slab<Timer<T>>, index: u32) {
        match timers[index as usize].home {
            Home::Due => self.due.unlink(timers, index),
            Home::Slot { level, slot } => {
                let list = &mut self.levels[usize::from(level)].slots[usize::from(slot)];
                list.unlink(timers, index);
                if list.head == NIL {
                    self.empty_out(level, slot);
                }
            }
        }
    }

    /// Empties a slot and returns the head of the list that was in it.
    pub(super) fn empty_out(&mut self, level: u8, slot: u8) -> u32 {
        let level = &mut self.levels[usize::from(level)];
        level.occupied &= !(1 << slot);
        std::mem::replace(&mut level.slots[usize::from(slot)], List::EMPTY).head
    }
}

/// The slots of one digit.
#[derive(Clone)]
pub(super) struct Level {
    /// Bit n is set if slot n holds a timer.
    pub(super) occupied: u64,
    pub(super) slots: [List; SLOTS_PER_LEVEL],
}

impl Level {
    pub(super) const EMPTY: Self = Self { occupied: 0, slots: [List::EMPTY; SLOTS_PER_LEVEL] };
}

/// A doubly linked list through the timers, oldest insertion first.
#[derive(Clone, Copy)]
pub(super) struct List {
    pub(super) head: u32,
    pub(super) tail: u32,
    /// The earliest tick since the list was last empty. After that timer was cancelled it is too
    /// early, until the slot is opened: to look for the new one would make a cancellation cost as
    /// much as there are timers in the list.
    pub(super) earliest: Tick,
}

impl List {
    pub(super) const EMPTY: Self = Self { head: NIL, tail: NIL, earliest: Tick::MAX };

    pub(super) fn append<T>(&mut self, timers: &mut Slab<Timer<T>>, index: u32) {
        let previous = std::mem::replace(&mut self.tail, index);
        match previous {
            NIL => self.head = index,
            _ => timers[previous as usize].next = index,
        }
        let timer = &mut timers[index as usize];
        timer.previous = previous;
        timer.next = NIL;
        self.earliest = self.earliest.min(timer.tick);
    }

    pub(super) fn unlink<T>(&mut self, timers: &mut Slab<Timer<T>>, index: u32) {
        let Timer { previous, next, .. } = timers[index as usize];
        match previous {
            NIL => self.head = next,
            _ => timers[previous as usize].next = next,
        }
        match next {
            NIL => self.tail = previous,
            _ => timers[next as usize].previous = previous,
        }
    }
}
