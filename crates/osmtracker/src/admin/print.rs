//! Answers for people, and for programs.

use std::io::{IsTerminal, Write};

use anyhow::Result;
use serde::Serialize;

use super::cli::ConsentArgs;
use crate::{describe::plain, exit::Usage};

/// Widest that a column gets: what is longer is cut.
const WIDEST: usize = 60;

/// Where answers go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    pub(crate) json: bool,
}

/// What an order came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consent {
    /// Do it.
    Given,
    /// It was only to be told what would happen.
    DryRun,
    /// Better not.
    Refused,
}

impl Printer {
    /// A document for programs, or lines for people.
    pub(crate) fn answer(self, document: &impl Serialize, lines: impl FnOnce() -> Vec<String>) -> Result<()> {
        let mut out = std::io::stdout().lock();
        if self.json {
            serde_json::to_writer_pretty(&mut out, document)?;
            writeln!(out)?;
        } else {
            for line in lines() {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    /// Says what would happen, and asks when there is somebody to ask.
    pub(crate) fn consent(self, what: &str, args: ConsentArgs) -> Result<Consent> {
        if args.dry_run {
            return Ok(Consent::DryRun);
        }
        if args.yes {
            return Ok(Consent::Given);
        }
        if !std::io::stdin().is_terminal() {
            return Err(Usage::new(format!("this would {what}; add --yes to do it, or --dry-run to see more")).into());
        }
        eprint!("This will {what}. Go on? [y/N] ");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer)?;
        let is_yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
        Ok(if is_yes { Consent::Given } else { Consent::Refused })
    }
}

/// Rows under their headings, in columns as wide as they need.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| cut(&plain(cell))).collect()).collect();
    let width_of = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([headings[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..headings.len()).map(width_of).collect();
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(headings.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines
}

fn cut(cell: &str) -> String {
    if cell.chars().count() <= WIDEST {
        return cell.to_owned();
    }
    cell.chars().take(WIDEST - 1).chain(['…']).collect()
}

/// So many seconds, in the largest unit that tells: `90 s`, `12 min`, `5 h`, `3 d`.
pub(crate) fn age(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, of: &str) -> String {
    if number == 1 { format!("1 {of}") } else { format!("{number} {of}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_strangers_cannot_steer_the_terminal() {
        let rows =
            [vec!["1".to_owned(), "short".to_owned()], vec!["22".to_owned(), format!("\u{1b}[31m{}", "x".repeat(80))]];
        let lines = table(&["id", "comment"], &rows);
        assert_eq!(lines[0], "id  comment");
        assert_eq!(lines[1], "1   short");
        assert!(lines[2].starts_with("22   [31mxxx") && lines[2].ends_with('…'), "{}", lines[2]);
        assert_eq!(lines[2].chars().count(), 4 + WIDEST);
    }

    #[test]
    fn ages_are_in_the_unit_that_tells() {
        assert_eq!([0, 119, 120, 7_199, 7_200, 172_800].map(age), ["0 s", "119 s", "2 min", "119 min", "2 h", "2 d"]);
    }
}
