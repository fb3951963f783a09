//! What an evaluation may spend: steps, what it holds at a time, depth of stack. Past a bound it ends with `LIMIT`.

use super::Run;
use crate::error::{Error, Res};
use crate::value::{Atomic, Flow, Item, Sequence};
use std::borrow::Cow;
use std::cell::Cell;

/// Bounds of one run, whatever the document and the expressions.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Nodes looked at, expressions evaluated, and texts read or made by 16 bytes.
    pub steps: u64,
    /// Calls of user functions inside each other.
    pub calls: u32,
    /// Items of the longer sequences that are held while more is computed.
    pub items: u64,
    /// Bytes of the texts that are made, and held while more is computed.
    pub text_bytes: u64,
    /// Bytes of stack below the place where the run was made: half of what a thread of Rust has.
    pub stack_bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { steps: 20_000_000_000, calls: 100, items: 1 << 24, text_bytes: 1 << 28, stack_bytes: 1 << 20 }
    }
}

/// What is left of the bounds.
pub(super) struct Left {
    steps: Cell<u64>,
    pub(super) calls: Cell<u32>,
    items: Cell<u64>,
    text_bytes: Cell<u64>,
    /// The address on the stack that is not passed.
    stack_end: usize,
}

/// Items and bytes of text held.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    items: u64,
    text_bytes: u64,
}

impl Left {
    pub(super) fn new(bounds: &Bounds) -> Self {
        Self {
            steps: Cell::new(bounds.steps),
            calls: Cell::new(bounds.calls),
            items: Cell::new(bounds.items),
            text_bytes: Cell::new(bounds.text_bytes),
            stack_end: stack_address().saturating_sub(bounds.stack_bytes),
        }
    }

    /// New bounds, and no more stack than another run.
    pub(super) fn within(bounds: &Bounds, other: &Self) -> Self {
        Self { stack_end: other.stack_end, ..Self::new(bounds) }
    }

    pub(super) fn refill(&self, bounds: &Bounds) {
        self.steps.set(bounds.steps);
        self.items.set(bounds.items);
        self.text_bytes.set(bounds.text_bytes);
    }
}

impl<'d> Run<'d> {
    #[inline]
    pub(super) fn spend(&self, steps: u64) -> Res<()> {
        match self.left.steps.get().checked_sub(steps) {
            Some(left) => {
                self.left.steps.set(left);
                Ok(())
            }
            None => limit("more steps than this evaluation may take"),
        }
    }

    /// One step, further down the stack.
    #[inline]
    pub(super) fn enter(&self) -> Res<()> {
        // Stacks grow downwards wherever this runs.
        if stack_address() < self.left.stack_end {
            return limit("expressions too deep inside each other");
        }
        self.spend(1)
    }

    /// A text is read from end to end.
    #[inline]
    pub(super) fn read_text(&self, text: &str) -> Res<()> {
        self.spend(text.len() as u64 / 16)
    }

    /// One more item is held: the longer sequences are counted, a thousand at a time.
    #[inline]
    pub(super) fn keep(&self, n_held: usize) -> Res<()> {
        if n_held % 1024 != 1023 {
            return Ok(());
        }
        match self.left.items.get().checked_sub(1024) {
            Some(left) => {
                self.left.items.set(left);
                Ok(())
            }
            None => limit("more items than this evaluation may hold"),
        }
    }

    /// So many items, kept one by one, are dropped.
    #[inline]
    pub(super) fn unkeep(&self, n_kept: usize) {
        let items = (n_kept / 1024 * 1024) as u64;
        self.left.items.set(self.left.items.get().saturating_add(items));
    }

    /// A text is made.
    #[inline]
    pub(super) fn make_text(&self, n_bytes: usize) -> Res<()> {
        match self.left.text_bytes.get().checked_sub(n_bytes as u64) {
            Some(left) => {
                self.left.text_bytes.set(left);
                self.spend(n_bytes as u64 / 16)
            }
            None => limit("more text than this evaluation may make"),
        }
    }

    /// Whether so much text could be made.
    pub(super) fn has_room(&self, n_bytes: usize) -> Res<()> {
        match n_bytes as u64 > self.left.text_bytes.get() {
            true => limit("more text than this evaluation may make"),
            false => Ok(()),
        }
    }

    /// How much text could still be made.
    pub(super) fn room_bytes(&self) -> usize {
        usize::try_from(self.left.text_bytes.get()).unwrap_or(usize::MAX)
    }

    /// A text of its own is held with an atom.
    #[inline]
    pub(super) fn hold_atom(&self, atom: &Atomic<'d>) -> Res<()> {
        match own_text(atom) {
            0 => Ok(()),
            n_bytes => self.make_text(n_bytes),
        }
    }

    #[inline]
    pub(super) fn hold(&self, item: &Item<'d>) -> Res<()> {
        match item {
            Item::Node(_) => Ok(()),
            Item::Atomic(atom) => self.hold_atom(atom),
        }
    }

    /// A copy of a value of which texts of its own are counted.
    #[inline]
    pub(super) fn copied_value(&self, value: &Sequence<'d>) -> Res<Sequence<'d>> {
        if let Sequence::One(item) = value {
            self.hold(item)?;
        }
        Ok(value.clone())
    }

    /// An atom is passed on: whoever keeps it counts it again.
    #[inline]
    pub(super) fn pass_atom(&self, atom: &Atomic<'d>) -> Res<()> {
        match own_text(atom) {
            0 => Ok(()),
            n_bytes => {
                self.has_room(n_bytes)?;
                self.spend(n_bytes as u64 / 16)
            }
        }
    }

    /// Holds an atom while something else is evaluated; what to give back then.
    #[inline]
    pub(super) fn hold_for_now(&self, item: &Item<'d>) -> Res<Held> {
        self.hold(item)?;
        let text_bytes = match item {
            Item::Node(_) => 0,
            Item::Atomic(atom) => own_text(atom) as u64,
        };
        Ok(Held { items: 0, text_bytes })
    }

    /// Pushes a value that was made: whoever keeps it counts it again.
    #[inline]
    pub(super) fn push_made(&self, atom: Atomic<'d>, sink: super::Sink<'_, 'd>) -> Res<Flow> {
        match own_text(&atom) {
            0 => sink(Item::Atomic(atom)),
            n_bytes => {
                self.make_text(n_bytes)?;
                let flow = sink(Item::Atomic(atom))?;
                self.give_back(Held { items: 0, text_bytes: n_bytes as u64 });
                Ok(flow)
            }
        }
    }

    /// Pushes items of a value that is there.
    pub(super) fn push_items<'i>(
        &self,
        items: impl Iterator<Item = &'i Item<'d>>,
        sink: super::Sink<'_, 'd>,
    ) -> Res<Flow>
    where
        'd: 'i,
    {
        for item in items {
            let flow = match item {
                Item::Node(node) => sink(Item::Node(*node))?,
                Item::Atomic(atom) => self.push_made(atom.clone(), sink)?,
            };
            if flow == Flow::Stop {
                return Ok(Flow::Stop);
            }
        }
        Ok(Flow::Go)
    }

    /// Pushes the items of a value that is there.
    pub(super) fn push(&self, value: &Sequence<'d>, sink: super::Sink<'_, 'd>) -> Res<Flow> {
        self.push_items(value.items().iter(), sink)
    }

    /// What may still be held.
    #[inline]
    pub(super) fn holdable(&self) -> Held {
        Held { items: self.left.items.get(), text_bytes: self.left.text_bytes.get() }
    }

    /// Nothing made since is held any more.
    #[inline]
    pub(super) fn drop_since(&self, before: Held) {
        self.left.items.set(before.items);
        self.left.text_bytes.set(before.text_bytes);
    }

    /// A value, and what it holds, to be given back once it is dropped.
    #[inline]
    pub(super) fn holding<T>(&self, make: impl FnOnce() -> Res<T>) -> Res<(T, Held)> {
        let before = self.holdable();
        let value = make()?;
        let after = self.holdable();
        let items = before.items.saturating_sub(after.items);
        Ok((value, Held { items, text_bytes: before.text_bytes.saturating_sub(after.text_bytes) }))
    }

    /// What a value held is not held any more.
    #[inline]
    pub(super) fn give_back(&self, held: Held) {
        self.left.items.set(self.left.items.get().saturating_add(held.items));
        self.left.text_bytes.set(self.left.text_bytes.get().saturating_add(held.text_bytes));
    }
}

/// Bytes of the text that an atom holds and does not borrow.
#[inline]
fn own_text(atom: &Atomic<'_>) -> usize {
    match atom {
        Atomic::String(Cow::Owned(text)) | Atomic::Untyped(Cow::Owned(text)) | Atomic::Uri(Cow::Owned(text)) => {
            text.len()
        }
        Atomic::Binary(_, bytes) => bytes.len(),
        _ => 0,
    }
}

#[cold]
fn limit<T>(reason: &'static str) -> Res<T> {
    Err(Error::new("LIMIT", reason))
}

/// Where the stack has come to, near enough.
#[inline]
fn stack_address() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(&here).addr()
}
