//! The longest common subsequence of two lists, for lists in which most symbols are rare.

use std::collections::HashMap;

use foldhash::fast::RandomState;

/// Pairs of equal symbols to look at. Only lists that repeat one member hundreds of times pass it.
const PAIRS: usize = 250_000;

/// A link of a chain of matches: places in the two lists, and the link before it.
struct Link {
    old: usize,
    new: usize,
    before: Option<usize>,
}

/// Places of the symbols that stay, ascending in both lists (the algorithm of Hunt and Szymanski).
///
/// Where symbols repeat so often that all pairs of them would be too many, the first is held against the first, the
/// second against the second, and so on: the result is then a common subsequence, and may not be the longest.
pub(crate) fn longest_common(old: &[u32], new: &[u32]) -> Vec<(usize, usize)> {
    let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
    let middle = longest_chain(candidates(&old_rest[..old_rest.len() - tail], &new_rest[..new_rest.len() - tail]));
    let same_head = (0..head).map(|place| (place, place));
    let same_tail = (0..tail).rev().map(|from_end| (old.len() - 1 - from_end, new.len() - 1 - from_end));
    same_head.chain(middle.into_iter().map(|(a, b)| (a + head, b + head))).chain(same_tail).collect()
}

/// Places of equal symbols: ascending in the old list, and descending in the new one for each place of the old one.
fn candidates(old: &[u32], new: &[u32]) -> Vec<(usize, usize)> {
    let mut places: HashMap<u32, Vec<usize>, RandomState> = HashMap::default();
    for (place, symbol) in new.iter().enumerate() {
        places.entry(*symbol).or_default().push(place);
    }
    let of = |symbol: &u32| places.get(symbol).map_or(&[][..], Vec::as_slice);
    let pairs: usize = old.iter().map(|symbol| of(symbol).len()).sum();
    if pairs <= PAIRS {
        let all = |(a, symbol)| of(symbol).iter().rev().map(move |&b| (a, b));
        return old.iter().enumerate().flat_map(all).collect();
    }
    let mut seen: HashMap<u32, usize, RandomState> = HashMap::default();
    let nth = |(a, symbol): (usize, &u32)| {
        let nth = seen.entry(*symbol).or_default();
        *nth += 1;
        of(symbol).get(*nth - 1).map(|&b| (a, b))
    };
    old.iter().enumerate().filter_map(nth).collect()
}

/// The longest run of candidates that ascends in both lists.
fn longest_chain(candidates: Vec<(usize, usize)>) -> Vec<(usize, usize)> {
    let mut links: Vec<Link> = Vec::new();
    // For each length of a chain, the link that ends it at the least place in the new list.
    let mut ends: Vec<usize> = Vec::new();
    for (old, new) in candidates {
        let length = ends.partition_point(|&end| links[end].new < new);
        let before = length.checked_sub(1).map(|shorter| ends[shorter]);
        links.push(Link { old, new, before });
        match ends.get_mut(length) {
            Some(end) => *end = links.len() - 1,
            None => ends.push(links.len() - 1),
        }
    }
    let mut chain = Vec::with_capacity(ends.len());
    let mut link = ends.last().copied();
    while let Some(at) = link {
        chain.push((links[at].old, links[at].new));
        link = links[at].before;
    }
    chain.reverse();
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_moved_is_left_out() {
        assert_eq!(longest_common(&[1, 2, 3, 4, 5], &[1, 3, 4, 2, 5]), [(0, 0), (2, 1), (3, 2), (4, 4)]);
    }

    #[test]
    fn repeated_symbols_are_matched_where_they_keep_their_place() {
        assert_eq!(longest_common(&[7, 8, 7], &[8, 7]), [(1, 0), (2, 1)]);
    }

    #[test]
    fn thousands_of_repetitions_end_in_time() {
        let (old, new) = (vec![1; 32_000], [vec![2], vec![1; 31_000], vec![2]].concat());
        assert_eq!(longest_common(&old, &new).len(), 31_000);
    }
}
