//! SPDX licence expressions, as far as manifests use them: `OR`, `AND`, `WITH`, brackets, and the old `/`.

use anyhow::{Result, bail, ensure};

/// A parsed expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// One licence, with its exception (`Apache-2.0 WITH LLVM-exception`) as one text.
    License(String),
    /// Any of these is enough.
    Any(Vec<Expression>),
    /// All of these hold at once.
    All(Vec<Expression>),
}

impl Expression {
    /// Reads an expression.
    ///
    /// # Errors
    /// When brackets do not match or a licence is missing.
    pub fn parse(text: &str) -> Result<Self> {
        let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let mut rest = words.as_slice();
        let expression = any(&mut rest)?;
        ensure!(rest.is_empty(), "`{text}`: unexpected `{}`", rest.join(" "));
        Ok(expression)
    }

    /// Whether the licences `allowed` accepts are enough to use the crate.
    pub fn satisfied_by(&self, allowed: &impl Fn(&str) -> bool) -> bool {
        match self {
            Self::License(name) => allowed(name),
            Self::Any(parts) => parts.iter().any(|part| part.satisfied_by(allowed)),
            Self::All(parts) => parts.iter().all(|part| part.satisfied_by(allowed)),
        }
    }

    /// Every licence named in it.
    pub fn licenses(&self) -> Vec<&str> {
        match self {
            Self::License(name) => vec![name],
            Self::Any(parts) | Self::All(parts) => parts.iter().flat_map(Self::licenses).collect(),
        }
    }
}

fn any(rest: &mut &[&str]) -> Result<Expression> {
    list(rest, "OR", all, Expression::Any)
}

fn all(rest: &mut &[&str]) -> Result<Expression> {
    list(rest, "AND", one, Expression::All)
}

fn list(
    rest: &mut &[&str],
    operator: &str,
    part: fn(&mut &[&str]) -> Result<Expression>,
    join: fn(Vec<Expression>) -> Expression,
) -> Result<Expression> {
    let first = part(rest)?;
    let mut parts = vec![first];
    while rest.first() == Some(&operator) {
        *rest = &rest[1..];
        parts.push(part(rest)?);
    }
    Ok(if parts.len() == 1 {
        parts.remove(0)
    } else {
        join(parts)
    })
}

fn one(rest: &mut &[&str]) -> Result<Expression> {
    match **rest {
        ["(", ref inner @ ..] => {
            *rest = inner;
            let expression = any(rest)?;
            ensure!(rest.first() == Some(&")"), "a bracket is not closed");
            *rest = &rest[1..];
            Ok(expression)
        }
        [name, "WITH", exception, ref after @ ..] => {
            *rest = after;
            Ok(Expression::License(format!("{name} WITH {exception}")))
        }
        [name, ref after @ ..] if !matches!(name, ")" | "OR" | "AND" | "WITH") => {
            *rest = after;
            Ok(Expression::License(name.to_owned()))
        }
        _ => bail!("a licence is missing before `{}`", rest.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(text: &str, allowed: &[&str]) -> bool {
        Expression::parse(text)
            .unwrap()
            .satisfied_by(&|name| allowed.contains(&name))
    }

    #[test]
    fn either_side_of_or_is_enough_and_both_of_and_are_needed() {
        assert!(accepts("GPL-3.0 OR MIT", &["MIT"]));
        assert!(accepts("Unlicense/MIT", &["MIT"]));
        assert!(!accepts("MIT AND Unicode-3.0", &["MIT"]));
        assert!(accepts(
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            &["Apache-2.0", "Unicode-3.0"]
        ));
        assert!(!accepts("(MIT OR Apache-2.0) AND Unicode-3.0", &["Apache-2.0"]));
        assert!(
            accepts("MIT OR Apache-2.0 AND ISC", &["MIT"]),
            "AND binds closer than OR"
        );
    }

    #[test]
    fn an_exception_is_part_of_the_licence() {
        assert!(!accepts("Apache-2.0 WITH LLVM-exception", &["Apache-2.0"]));
        assert!(accepts(
            "Apache-2.0 WITH LLVM-exception",
            &["Apache-2.0 WITH LLVM-exception"]
        ));
    }

    #[test]
    fn broken_expressions_are_refused() {
        for text in ["", "MIT OR", "(MIT", "MIT)", "AND MIT", "MIT Apache-2.0"] {
            assert!(Expression::parse(text).is_err(), "{text:?} was accepted");
        }
    }
}
