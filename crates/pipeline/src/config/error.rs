use std::{fmt, ops::Range, path::PathBuf};

/// Everything that is wrong with a configuration. Displayed as one message a mistake, each with its place and its fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    /// At least one, in the order of the file, then variables, then flags.
    pub mistakes: Vec<Mistake>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it was made.
    pub place: Place,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Where a mistake was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the file.
    File {
        /// The file.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// In characters, from 1.
        column: usize,
        /// The line's text.
        text: String,
        /// Characters of it that are wrong, at least 1.
        width: usize,
    },
    /// In an environment variable, by its name.
    Variable(String),
    /// In a flag, by its name with the dashes.
    Flag(String),
    /// Nowhere: something is missing.
    Missing,
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, mistake) in self.mistakes.iter().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            mistake.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, message } = self;
        match place {
            Place::Missing => f.write_str(message),
            Place::Variable(name) | Place::Flag(name) => write!(f, "{name}: {message}"),
            Place::File { path, line, column, text, width } => {
                let number = line.to_string();
                let gutter = " ".repeat(number.len());
                // A tab stays one, so that the caret stands under its character.
                let lead: String = text.chars().take(column - 1).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
                writeln!(f, "{}:{line}:{column}: {message}", path.display())?;
                writeln!(f, "{gutter} |\n{number} | {text}")?;
                write!(f, "{gutter} | {lead}{}", "^".repeat(*width))
            }
        }
    }
}

/// The place of a range of bytes in a text.
pub(super) fn place_in(path: PathBuf, source: &str, range: Range<usize>) -> Place {
    let floor = |at: usize| (0..=at.min(source.len())).rev().find(|at| source.is_char_boundary(*at)).unwrap_or(0);
    let (start, end) = (floor(range.start), floor(range.end.max(range.start)));
    let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = source[start..].find('\n').map_or(source.len(), |at| start + at);
    let text = source[line_start..line_end].trim_end_matches('\r');
    let wrong = &source[start..end.min(line_start + text.len()).max(start)];
    Place::File {
        path,
        line: source[..start].matches('\n').count() + 1,
        column: source[line_start..start].chars().count() + 1,
        text: text.to_owned(),
        width: wrong.chars().count().max(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str, range: Range<usize>) -> String {
        let place = place_in("o.toml".into(), source, range);
        Mistake { place, message: "wrong".to_owned() }.to_string()
    }

    #[test]
    fn the_caret_stands_under_the_mistake_behind_wide_characters_and_tabs() {
        assert_eq!(shown("a = 1\nä = xyz\n", 11..14), "o.toml:2:5: wrong\n  |\n2 | ä = xyz\n  |     ^^^");
        assert_eq!(shown("\tb = 2", 1..2), "o.toml:1:2: wrong\n  |\n1 | \tb = 2\n  | \t^");
    }

    #[test]
    fn a_range_over_several_lines_is_marked_on_its_first_one() {
        assert_eq!(shown("a = [\r\n1,\r\n]\r\n", 4..12), "o.toml:1:5: wrong\n  |\n1 | a = [\n  |     ^");
    }

    #[test]
    fn the_end_of_the_file_and_ranges_beyond_it_have_a_place() {
        assert_eq!(shown("a =", 3..3), "o.toml:1:4: wrong\n  |\n1 | a =\n  |    ^");
        assert_eq!(shown("a =", 90..99), "o.toml:1:4: wrong\n  |\n1 | a =\n  |    ^");
    }
}
