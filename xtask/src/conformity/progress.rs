//! Progress of a long chore: a line on the error output every ten seconds.

use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_secs(10);

/// How far something is.
pub struct Progress {
    what: &'static str,
    n_all: usize,
    n_done: usize,
    told: Instant,
    started: Instant,
}

impl Progress {
    /// Nothing done yet.
    pub fn new(what: &'static str, n_all: usize) -> Self {
        Self { what, n_all, n_done: 0, told: Instant::now(), started: Instant::now() }
    }

    /// One more.
    pub fn step(&mut self) {
        self.n_done += 1;
        if self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            eprintln!("{}: {} of {}, {} s", self.what, self.n_done, self.n_all, self.started.elapsed().as_secs());
        }
    }

    /// How many were done.
    pub fn done(&self) -> usize {
        self.n_done
    }
}
