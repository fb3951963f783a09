//! How many messages a second one core decodes and reads: `parse_rate FILE [SECONDS]`.
//!
//! Reads PID-3, PID-5, OBR-4 and OBX-3, 5 and 6 of every observation, as an intake does.
#![allow(clippy::print_stdout, reason = "a command-line example")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: parse_rate FILE [SECONDS]")?;
    let seconds = arguments.next().map_or(Ok(2), |text| text.parse())?;
    let bytes = std::fs::read(path)?;
    let limits = hl7v2::Limits::default();
    hl7v2::decode(&bytes, &limits)?;

    let (start, mut n_messages, mut n_chars) = (Instant::now(), 0_u32, 0);
    while start.elapsed() < Duration::from_secs(seconds) {
        for _ in 0..100 {
            n_chars += read(&hl7v2::decode(black_box(&bytes), &limits)?);
        }
        n_messages += 100;
    }
    let rate = f64::from(n_messages) / start.elapsed().as_secs_f64();
    let megabytes = rate * bytes.len() as f64 / 1e6;
    println!("{} bytes a message, {rate:.0} messages/s, {megabytes:.0} MB/s ({n_chars} characters read)", bytes.len());
    Ok(())
}

fn read(message: &hl7v2::Message) -> usize {
    let mut n_chars = 0;
    for segment in message.segments() {
        let wanted: &[usize] = match segment.name().as_str() {
            "PID" => &[3, 5],
            "OBR" => &[4],
            "OBX" => &[3, 5, 6],
            _ => &[],
        };
        for field in wanted {
            n_chars += segment.field(*field).component(1).text().len();
        }
    }
    n_chars
}
