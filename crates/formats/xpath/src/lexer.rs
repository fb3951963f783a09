//! An expression to words: names, numbers, texts, symbols, each with its place.

use crate::error::SyntaxError;
use crate::tree::source::{is_name_char, is_name_start};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token<'s> {
    /// `local` or `prefix:local`
    Name(Option<&'s str>, &'s str),
    /// `prefix:*`
    AnyOf(&'s str),
    /// `*:local`
    AnyNamed(&'s str),
    String(String),
    Integer(&'s str),
    Decimal(&'s str),
    Double(&'s str),
    /// One of [`SYMBOLS`].
    Symbol(&'static str),
    End,
}

/// Longest first.
const SYMBOLS: [&str; 29] = [
    "::", "//", "..", "<<", ">>", "<=", ">=", "!=", ":=", "||", "=>", "(", ")", "[", "]", ".", "@", ",", "/", "|", "+",
    "-", "=", "<", ">", "*", "$", "?", "!",
];

/// Words with the byte where each starts.
pub(crate) fn words(source: &str) -> Result<Vec<(Token<'_>, usize)>, SyntaxError> {
    let mut lexer = Lexer { source, at: 0 };
    let mut words = Vec::new();
    loop {
        lexer.skip()?;
        let at = lexer.at;
        let token = lexer.token()?;
        let is_end = token == Token::End;
        words.push((token, at));
        if is_end {
            return Ok(words);
        }
    }
}

struct Lexer<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Lexer<'s> {
    fn rest(&self) -> &'s str {
        &self.source[self.at..]
    }

    fn fail<T>(&self, reason: &str) -> Result<T, SyntaxError> {
        Err(SyntaxError { offset: self.at, code: "XPST0003", reason: reason.into() })
    }

    /// White space, and comments `(: … :)`, which nest.
    fn skip(&mut self) -> Result<(), SyntaxError> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\t', '\n', '\r']);
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("(:") {
                return Ok(());
            }
            let mut depth = 0;
            loop {
                let rest = self.rest();
                if rest.starts_with("(:") {
                    depth += 1;
                    self.at += 2;
                } else if rest.starts_with(":)") {
                    depth -= 1;
                    self.at += 2;
                    if depth == 0 {
                        break;
                    }
                } else {
                    match rest.chars().next() {
                        Some(it) => self.at += it.len_utf8(),
                        None => return self.fail("a comment that is not closed"),
                    }
                }
            }
        }
    }

    fn token(&mut self) -> Result<Token<'s>, SyntaxError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        match first {
            '"' | '\'' => self.string(first),
            '0'..='9' => self.number(),
            '.' if rest[1..].starts_with(|it: char| it.is_ascii_digit()) => self.number(),
            '*' if rest[1..].starts_with(':') && rest[2..].starts_with(is_name_start) => {
                self.at += 2;
                Ok(Token::AnyNamed(self.ncname()))
            }
            _ if is_name_start(first) => {
                let name = self.ncname();
                let rest = self.rest();
                if let Some(after) = rest.strip_prefix(':')
                    && !after.starts_with(':')
                {
                    if after.starts_with('*') {
                        self.at += 2;
                        return Ok(Token::AnyOf(name));
                    }
                    if after.starts_with(is_name_start) {
                        self.at += 1;
                        return Ok(Token::Name(Some(name), self.ncname()));
                    }
                }
                Ok(Token::Name(None, name))
            }
            _ => match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
                Some(symbol) => {
                    self.at += symbol.len();
                    Ok(Token::Symbol(symbol))
                }
                None => self.fail("a character that expressions do not know"),
            },
        }
    }

    fn ncname(&mut self) -> &'s str {
        let rest = self.rest();
        let len = rest.find(|it| !is_name_char(it)).unwrap_or(rest.len());
        self.at += len;
        &rest[..len]
    }

    /// A doubled quote stands for one.
    fn string(&mut self, quote: char) -> Result<Token<'s>, SyntaxError> {
        let mut text = String::new();
        let mut rest = &self.rest()[1..];
        loop {
            let Some((part, after)) = rest.split_once(quote) else { return self.fail("a text that is not closed") };
            text.push_str(part);
            match after.strip_prefix(quote) {
                Some(after) => {
                    text.push(quote);
                    rest = after;
                }
                None => {
                    self.at = self.source.len() - after.len();
                    return Ok(Token::String(text));
                }
            }
        }
    }

    fn number(&mut self) -> Result<Token<'s>, SyntaxError> {
        let rest = self.rest();
        let digits = |from: usize| rest[from..].find(|it: char| !it.is_ascii_digit()).map_or(rest.len(), |n| from + n);
        let mut end = digits(0);
        let has_point = rest[end..].starts_with('.') && !rest[end..].starts_with("..");
        if has_point {
            end = digits(end + 1);
        }
        let exponent = rest[end..].strip_prefix(['e', 'E']).map(|it| it.strip_prefix(['+', '-']).unwrap_or(it));
        let has_exponent = exponent.is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()));
        if has_exponent {
            let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
            end = digits(end + 1 + sign);
        }
        if rest[end..].starts_with(is_name_start) {
            return self.fail("a number that runs into a name");
        }
        self.at += end;
        let text = &rest[..end];
        Ok(match (has_point, has_exponent) {
            (_, true) => Token::Double(text),
            (true, _) => Token::Decimal(text),
            _ => Token::Integer(text),
        })
    }
}
