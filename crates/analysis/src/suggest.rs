//! What somebody probably meant.

/// The candidate that is nearly the same: at most two edits, or one for short words. The first of equals.
pub(crate) fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = if word.chars().count() < 4 { 1 } else { 2 };
    let near = candidates.into_iter().map(|candidate| (distance(word, candidate), candidate));
    near.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, word)| word)
}

/// Letters to add, remove, replace or swap with their neighbour (optimal string alignment); case does not count.
fn distance(a: &str, b: &str) -> usize {
    let lower = |text: &str| text.chars().flat_map(char::to_lowercase).take(64).collect::<Vec<_>>();
    let (a, b) = (lower(a), lower(b));
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn misspelt_words_are_recognised_and_others_are_not() {
        let words = ["summary", "tag_diff", "elements", "DK"];
        assert_eq!(closest("sumary", words), Some("summary"));
        assert_eq!(closest("elemetns", words), Some("elements"));
        assert_eq!(closest("dk", words), Some("DK"));
        assert_eq!(closest("DX", words), Some("DK"));
        assert_eq!(closest("xyz", words), None);
        assert_eq!(closest("", words), None);
    }
}
