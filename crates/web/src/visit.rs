//! What a handler is given: who asks, for what, with which fields. Made once per request, after the checks of [`crate::routes`].

use std::str::FromStr;

use app::AppError;
use jiff::{Timestamp, civil};
use records::accounts::Account;
use store::Tx;

use crate::{Web, answer::Failure, frame::Frame};

/// Fields of a form or of a query, in order. Names and values are decoded and may be hostile.
#[derive(Default)]
pub(crate) struct Fields(pub Vec<(String, String)>);

impl Fields {
    /// The first value of a name without the spaces around it; empty when absent.
    pub fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.trim())
    }

    /// The first value, `None` when empty or absent.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.one(name)).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Every value of a name that is not empty.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim()).filter(|it| !it.is_empty())
    }

    /// Whether a box was checked or a button pressed.
    pub fn has(&self, name: &str) -> bool {
        !self.one(name).is_empty()
    }
}

/// A request of a signed-in person who may make it.
pub(crate) struct Visit {
    pub web: Web,
    pub account: Account,
    pub csrf: String,
    /// The session's token, to end it.
    pub token: String,
    /// Parts of the path.
    pub parts: Vec<(String, String)>,
    pub query: Fields,
    pub fields: Fields,
    /// The file of a form that brings one; never empty.
    pub file: Option<Vec<u8>>,
}

impl Visit {
    /// A part of the path, read; a part that cannot be read is a page that does not exist.
    pub fn part<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<T, Failure> {
        self.parts.iter().find(|(known, _)| known == name).and_then(|(_, value)| read(value)).ok_or(Failure::NotFound)
    }

    /// Reads the store in one snapshot.
    pub async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, Failure> {
        Ok(self.web.app.store().read(f).await?)
    }

    /// The frame of a page: titles, navigation, session.
    pub fn frame(&self, title_key: &str, section: &'static str) -> Frame {
        Frame::new(self, self.web.words.get(title_key).to_owned(), section)
    }

    pub fn now(&self) -> Timestamp {
        self.web.app.env().now()
    }

    /// A `datetime-local` field in the laboratory's zone.
    pub fn moment(&self, name: &str) -> Option<Timestamp> {
        let typed = civil::DateTime::from_str(self.fields.one(name)).ok()?;
        typed.to_zoned(self.web.app.settings().zone.clone()).ok().map(|zoned| zoned.timestamp())
    }
}

/// A request of someone who is not signed in.
pub(crate) struct Guest {
    pub web: Web,
    /// Token of the form, bound to a cookie.
    pub csrf: String,
    pub fields: Fields,
}
