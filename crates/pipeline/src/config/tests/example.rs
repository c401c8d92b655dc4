//! The example file is complete, valid and true.

use super::*;

/// The example file, with the lines in use whose mark is one of these.
fn example(marks: &[&str]) -> String {
    let text = include_str!("../../../../../osmtracker.example.toml");
    let used = |line: &str| {
        let key = |rest: &str| rest.starts_with(|c: char| c.is_ascii_lowercase() || c == '[');
        let (mark, rest) = match line.strip_prefix("#> ") {
            Some(rest) => ("#> ", rest),
            None => ("#", line.strip_prefix('#').filter(|rest| key(rest)).unwrap_or("")),
        };
        if marks.contains(&mark) && !rest.is_empty() { rest.to_owned() } else { line.to_owned() }
    };
    text.lines().map(used).collect::<Vec<_>>().join("\n")
}

/// Everything but paths and what is not configuration.
fn shape(config: &Config) -> String {
    format!("{config:#?}").replace("conf/", "")
}

#[test]
fn the_example_says_what_holds_when_nothing_is_set() {
    let nothing = shape(&good(""));
    assert_eq!(shape(&good(&example(&[]))), nothing);
    assert_eq!(shape(&good(&example(&["#"]))), nothing);
}

/// The example with everything in use, but for one of the two ways to say where to begin, and where credentials are.
fn full_example() -> String {
    let text = example(&["#", "#> "]).replace("areas/copenhagen.poly", "areas/square.poly");
    let other_way = |line: &&str| !["from_sequence", "credentials_parameter"].iter().any(|key| line.starts_with(key));
    text.lines().filter(other_way).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_s_examples_are_valid() {
    let config = good(&full_example());
    assert_eq!(config.start, StartFrom::Since("2 hours ago".parse().unwrap()));
    assert_eq!(config.site.views.len(), 1);
    good("from_sequence = 6640998");
}

#[test]
fn the_example_shows_the_thresholds_that_true_gives() {
    let on: Vec<_> =
        osmtracker_analysis::rules::BuiltinConfig::NAMES.iter().map(|name| format!("{name} = true")).collect();
    let plain = good(&format!("[builtin]\n{}", on.join("\n")));
    let shown = good(&full_example());
    let described = shown.rules.describe().into_iter().filter(|label| plain.rules.describe().contains(label)).count();
    assert_eq!(described, on.len(), "{:#?}", shown.rules.describe());
}

/// Full names of all keys in a tree, those inside lists of tables under the list's name.
fn names(table: &Table, path: &str, into: &mut BTreeSet<String>) {
    for (key, (_, node)) in &table.entries {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match &node.value {
            tree::Value::Table(inner) => names(inner, &path, into),
            tree::Value::List(items) => {
                for item in items {
                    if let tree::Value::Table(inner) = &item.value {
                        names(inner, &path, into);
                    }
                }
            }
            _ => {}
        }
        into.insert(path);
    }
}

#[test]
fn the_example_has_every_key_and_every_variable_is_of_a_key() {
    let text = full_example() + "\n";
    let mut shown = BTreeSet::from(["from_sequence", "search.credentials_parameter"].map(str::to_owned));
    names(&tree::parse(&text).0, "", &mut shown);
    let file = Some((Path::new("conf/o.toml"), text.as_str()));
    let (_, known) = load(Sources { file, variables: [], overrides: Overrides::default() }, &mut files).unwrap();
    let missing: Vec<_> = known.difference(&shown).collect();
    assert!(missing.is_empty(), "not in osmtracker.example.toml: {missing:?}");
    for name in osmtracker_analysis::rules::BuiltinConfig::NAMES {
        assert!(shown.contains(&format!("builtin.{name}")), "built-in label {name} is not in the example");
        for threshold in builtin::defaults(name).unwrap().keys() {
            assert!(shown.contains(&format!("builtin.{name}.{threshold}")), "{name}.{threshold} is not in the example");
        }
    }
    let groups = [
        "areas", "lists", "labels", "builtin", "views", "notify", "upstream", "site", "pipeline", "api", "search",
        "log",
    ];
    let nested = ["upstream.wait_for_adiff", "pipeline.concurrency"];
    for key in &known {
        let single = !groups.iter().chain(&nested).any(|group| key == group)
            && !["labels.", "views.", "notify."].iter().any(|list| key.starts_with(list));
        assert_eq!(single, keys::KEYS.iter().any(|(name, _)| name == key), "variable of {key}");
    }
    assert!(keys::KEYS.iter().all(|(key, _)| known.contains(*key)), "a variable of a key that nobody reads");
}

#[test]
fn every_variable_is_read() {
    let (tree, _) = tree::parse("x = 1");
    assert!(tree.contains("x"));
    for (key, kind) in keys::KEYS {
        let nonsense = match kind {
            keys::Kind::Text => continue,
            keys::Kind::Integer => "-1",
            keys::Kind::Bool => "perhaps",
            keys::Kind::List => "[1]",
            keys::Kind::Toml => "[1]",
        };
        let name = keys::variable(key);
        let errors = load_with("", &[(&name, nonsense)], Overrides::default()).unwrap_err();
        assert!(errors.to_string().starts_with(&format!("{name}: ")), "{key}: {errors}");
    }
}
