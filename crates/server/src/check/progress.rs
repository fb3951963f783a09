//! A line of progress on the terminal, under what is printed: how many of how many, how fast, how long still.

use std::{
    cell::Cell,
    io::Write as _,
    time::{Duration, Instant},
};

/// Between two drawings.
const PAUSE: Duration = Duration::from_millis(100);
/// Characters of the bar.
const WIDTH: usize = 24;

/// Progress over a number of files; silent when nobody looks, or when there are few.
pub struct Progress {
    n_files: usize,
    is_shown: bool,
    started: Instant,
    drawn: Cell<Option<Instant>>,
}

impl Progress {
    /// Over that many files.
    pub fn new(n_files: usize) -> Self {
        let is_shown = super::is_progress_wanted(n_files);
        Self { n_files, is_shown, started: Instant::now(), drawn: Cell::new(None) }
    }

    /// Whether there is a line to clear before printing.
    pub fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Takes the line away.
    pub fn clear(&self) {
        if self.is_shown && self.drawn.get().is_some() {
            // Only a decoration.
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }

    /// That many are done.
    pub fn step(&self, n_done: usize) {
        let is_due = self.drawn.get().is_none_or(|it| it.elapsed() >= PAUSE) || n_done == self.n_files;
        if !self.is_shown || !is_due {
            return;
        }
        self.drawn.set(Some(Instant::now()));
        // Only a decoration.
        let _ = write!(std::io::stderr(), "\r\x1b[K{}", line(n_done, self.n_files, self.started.elapsed()));
    }
}

fn line(n_done: usize, n_files: usize, elapsed: Duration) -> String {
    let filled = WIDTH * n_done / n_files.max(1);
    let rate = n_done as f64 / elapsed.as_secs_f64().max(0.001);
    let left = (n_files - n_done.min(n_files)) as f64 / rate.max(0.001);
    format!(
        "[{}{}] {n_done}/{n_files}  {rate:.0} documents/s  reste {left:.0} s",
        "#".repeat(filled),
        "·".repeat(WIDTH - filled.min(WIDTH))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_many_how_fast_and_how_long_still() {
        let half = line(50, 100, Duration::from_secs(5));
        assert_eq!(half, "[############············] 50/100  10 documents/s  reste 5 s");
        assert!(line(0, 0, Duration::ZERO).contains("0/0"));
    }
}
