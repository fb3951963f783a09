//! The `Date` header: a count of seconds and an offset in, RFC 5322 §3.3 text out.
//!
//! It deliberately knows no clock and no time zone: the caller gives the offset of the moment.

/// A moment and the offset it is shown with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Date {
    /// Seconds since 1970-01-01T00:00:00Z; kept within the years 1900 to 9999 when written.
    pub seconds_since_epoch: i64,
    /// Minutes east of UTC, kept within ±23 h 59 when written.
    pub offset_minutes: i16,
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const FIRST_SECOND: i64 = -2_208_902_400; // 1900-01-02, leaving room for the offset
const LAST_SECOND: i64 = 253_402_214_400; // 9999-12-31T00:00:00Z

impl Date {
    /// Writes, for example, `Thu, 04 Jan 2024 10:20:30 +0100`.
    #[must_use]
    pub fn encode(self) -> String {
        let offset = i64::from(self.offset_minutes).clamp(-1439, 1439);
        let local = (self.seconds_since_epoch.clamp(FIRST_SECOND, LAST_SECOND) + offset * 60).min(LAST_SECOND + 86_399);
        let (days, second_of_day) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = civil_from_days(days);
        let weekday = DAYS[days.rem_euclid(7) as usize];
        let month_name = MONTHS[(month - 1) as usize];
        let (hour, minute, second) = (second_of_day / 3600, second_of_day / 60 % 60, second_of_day % 60);
        let sign = if offset < 0 { '-' } else { '+' };
        let (offset_hours, offset_rest) = (offset.abs() / 60, offset.abs() % 60);
        format!(
            "{weekday}, {day:02} {month_name} {year:04} {hour:02}:{minute:02}:{second:02} \
             {sign}{offset_hours:02}{offset_rest:02}"
        )
    }
}

/// Proleptic Gregorian date of a day counted from 1970-01-01.
/// The year is counted from 1 March, so that the leap day comes last.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_moments_are_written_as_the_standard_says() {
        for (seconds_since_epoch, offset_minutes, expected) in [
            (0, 0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (1_704_360_030, 60, "Thu, 04 Jan 2024 10:20:30 +0100"),
            (1_709_164_800, -90, "Wed, 28 Feb 2024 22:30:00 -0130"),
            (1_709_208_000, 0, "Thu, 29 Feb 2024 12:00:00 +0000"),
            (951_782_400, 0, "Tue, 29 Feb 2000 00:00:00 +0000"),
        ] {
            assert_eq!(Date { seconds_since_epoch, offset_minutes }.encode(), expected);
        }
    }

    #[test]
    fn absurd_moments_stay_within_four_digit_years() {
        for seconds_since_epoch in [i64::MIN, i64::MAX] {
            for offset_minutes in [i16::MIN, i16::MAX] {
                assert_eq!(Date { seconds_since_epoch, offset_minutes }.encode().len(), 31);
            }
        }
    }
}
