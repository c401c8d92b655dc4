//! Filter speed. Filled in below with the rules.

fn main() {}
