//! Rules about the source itself, so that nobody has to remember them. Each rule is a function from what it reads
//! to a list of problems, and has a test that feeds it a bad sample: a rule that cannot fail holds nothing.

mod documents;
mod layers;
mod size;
mod source;
mod tenants;
mod tests_are_real;
mod words;

/// Fails with every problem found, each on its own line.
fn report(problems: &[String]) {
    assert!(
        problems.is_empty(),
        "{} problem(s):\n\n{}\n",
        problems.len(),
        problems.join("\n")
    );
}
