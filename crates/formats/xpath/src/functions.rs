//! The function library: each function with its names, its arguments and what is known of its result.
//!
//! Source: XQuery 1.0 and XPath 2.0 Functions and Operators; XSLT 2.0 §16 for those marked so.

pub(crate) mod text;

use crate::expr::Uses;
use crate::types::Type;
use serde::{Deserialize, Serialize};

macro_rules! library {
    ($($variant:ident $name:literal $least:literal..$most:literal $kind:expr, $uses:expr;)*) => {
        /// A function of the library.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[allow(missing_docs, reason = "each is documented by its name in the library")]
        pub(crate) enum Function { $($variant,)* }

        impl Function {
            /// By its local name.
            pub(crate) fn by_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// How many arguments it takes at least and at most.
            pub(crate) fn arity(self) -> (usize, usize) {
                match self { $(Self::$variant => ($least, $most),)* }
            }

            /// What is known of its result.
            pub(crate) fn kind(self) -> Type {
                match self { $(Self::$variant => $kind,)* }
            }

            /// What it depends on beside its arguments.
            pub(crate) fn uses(self) -> Uses {
                match self { $(Self::$variant => $uses,)* }
            }

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

impl Function {
    /// Whether it gives one atomic value or none; the others give nodes or sequences.
    #[inline]
    pub(crate) fn gives_one(self) -> bool {
        use Function::*;
        !matches!(
            self,
            Data | Current
                | Trace
                | Unordered
                | Tokenize
                | StringToCodepoints
                | IndexOf
                | DistinctValues
                | InsertBefore
                | Remove
                | Reverse
                | Subsequence
                | ZeroOrOne
                | OneOrMore
                | ExactlyOne
                | Head
                | Tail
                | InScopePrefixes
                | Nilled
                | BaseUri
                | DocumentUri
                | Lang
                | RootOf
                | Id
                | Doc
                | DocAvailable
                | Document
                | GenerateId
                | StaticBaseUri
        )
    }
}

const S: Type = Type::one(Type::STRING);
const S0: Type = Type::optional(Type::STRING);
const B: Type = Type::one(Type::BOOLEAN);
const I: Type = Type::one(Type::INTEGER);
const I0: Type = Type::optional(Type::INTEGER);
const D: Type = Type::one(Type::DOUBLE);
const N0: Type = Type::optional(Type::NUMERIC);
const NODE0: Type = Type::optional(Type::NODE);
const NODES: Type = Type::many(Type::NODE);
const ANY: Type = Type::many(Type::ITEM);
const T0: Type = Type::optional(Type::TEMPORAL);
const T: Type = Type::one(Type::TEMPORAL);
const L0: Type = Type::optional(Type::DURATION);
const L: Type = Type::one(Type::DURATION);
const Q0: Type = Type::optional(Type::QNAME);
const U0: Type = Type::optional(Type::URI);
const NONE: Uses = Uses(0);
const ELSE: Uses = Uses::ELSE;

library! {
    NodeName "node-name" 1..1 Q0, NONE;
    Nilled "nilled" 1..1 Type::optional(Type::BOOLEAN), NONE;
    AsString "string" 0..1 S, NONE;
    Data "data" 1..1 Type::many(Type::ATOMIC), NONE;
    BaseUri "base-uri" 0..1 U0, NONE;
    DocumentUri "document-uri" 1..1 U0, NONE;
    Raise "error" 0..3 Type::EMPTY, ELSE;
    Trace "trace" 2..2 ANY, ELSE;
    DateTime "dateTime" 2..2 T0, NONE;
    Abs "abs" 1..1 N0, NONE;
    Ceiling "ceiling" 1..1 N0, NONE;
    Floor "floor" 1..1 N0, NONE;
    Round "round" 1..1 N0, NONE;
    RoundHalfToEven "round-half-to-even" 1..2 N0, NONE;
    CodepointsToString "codepoints-to-string" 1..1 S, NONE;
    StringToCodepoints "string-to-codepoints" 1..1 Type::many(Type::INTEGER), NONE;
    Compare "compare" 2..3 I0, NONE;
    CodepointEqual "codepoint-equal" 2..2 Type::optional(Type::BOOLEAN), NONE;
    Concat "concat" 2..255 S, NONE;
    StringJoin "string-join" 1..2 S, NONE;
    Substring "substring" 2..3 S, NONE;
    StringLength "string-length" 0..1 I, NONE;
    NormalizeSpace "normalize-space" 0..1 S, NONE;
    NormalizeUnicode "normalize-unicode" 1..2 S, NONE;
    UpperCase "upper-case" 1..1 S, NONE;
    LowerCase "lower-case" 1..1 S, NONE;
    Translate "translate" 3..3 S, NONE;
    EncodeForUri "encode-for-uri" 1..1 S, NONE;
    IriToUri "iri-to-uri" 1..1 S, NONE;
    EscapeHtmlUri "escape-html-uri" 1..1 S, NONE;
    Contains "contains" 2..3 B, NONE;
    StartsWith "starts-with" 2..3 B, NONE;
    EndsWith "ends-with" 2..3 B, NONE;
    SubstringBefore "substring-before" 2..3 S, NONE;
    SubstringAfter "substring-after" 2..3 S, NONE;
    Matches "matches" 2..3 B, NONE;
    Replace "replace" 3..4 S, NONE;
    Tokenize "tokenize" 1..3 Type::many(Type::STRING), NONE;
    ResolveUri "resolve-uri" 1..2 U0, NONE;
    True "true" 0..0 B, NONE;
    False "false" 0..0 B, NONE;
    Not "not" 1..1 B, NONE;
    Boolean "boolean" 1..1 B, NONE;
    YearsFromDuration "years-from-duration" 1..1 I0, NONE;
    MonthsFromDuration "months-from-duration" 1..1 I0, NONE;
    DaysFromDuration "days-from-duration" 1..1 I0, NONE;
    HoursFromDuration "hours-from-duration" 1..1 I0, NONE;
    MinutesFromDuration "minutes-from-duration" 1..1 I0, NONE;
    SecondsFromDuration "seconds-from-duration" 1..1 Type::optional(Type::DECIMAL), NONE;
    YearFromDateTime "year-from-dateTime" 1..1 I0, NONE;
    MonthFromDateTime "month-from-dateTime" 1..1 I0, NONE;
    DayFromDateTime "day-from-dateTime" 1..1 I0, NONE;
    HoursFromDateTime "hours-from-dateTime" 1..1 I0, NONE;
    MinutesFromDateTime "minutes-from-dateTime" 1..1 I0, NONE;
    SecondsFromDateTime "seconds-from-dateTime" 1..1 Type::optional(Type::DECIMAL), NONE;
    TimezoneFromDateTime "timezone-from-dateTime" 1..1 L0, NONE;
    YearFromDate "year-from-date" 1..1 I0, NONE;
    MonthFromDate "month-from-date" 1..1 I0, NONE;
    DayFromDate "day-from-date" 1..1 I0, NONE;
    TimezoneFromDate "timezone-from-date" 1..1 L0, NONE;
    HoursFromTime "hours-from-time" 1..1 I0, NONE;
    MinutesFromTime "minutes-from-time" 1..1 I0, NONE;
    SecondsFromTime "seconds-from-time" 1..1 Type::optional(Type::DECIMAL), NONE;
    TimezoneFromTime "timezone-from-time" 1..1 L0, NONE;
    AdjustDateTimeToTimezone "adjust-dateTime-to-timezone" 1..2 T0, NONE;
    AdjustDateToTimezone "adjust-date-to-timezone" 1..2 T0, NONE;
    AdjustTimeToTimezone "adjust-time-to-timezone" 1..2 T0, NONE;
    ResolveQName "resolve-QName" 2..2 Q0, NONE;
    QName "QName" 2..2 Type::one(Type::QNAME), NONE;
    PrefixFromQName "prefix-from-QName" 1..1 S0, NONE;
    LocalNameFromQName "local-name-from-QName" 1..1 S0, NONE;
    NamespaceUriFromQName "namespace-uri-from-QName" 1..1 U0, NONE;
    NamespaceUriForPrefix "namespace-uri-for-prefix" 2..2 U0, NONE;
    InScopePrefixes "in-scope-prefixes" 1..1 Type::many(Type::STRING), NONE;
    Name "name" 0..1 S, NONE;
    LocalName "local-name" 0..1 S, NONE;
    NamespaceUri "namespace-uri" 0..1 Type::one(Type::URI), NONE;
    Number "number" 0..1 D, NONE;
    Lang "lang" 1..2 B, Uses::FOCUS;
    RootOf "root" 0..1 NODE0, NONE;
    IndexOf "index-of" 2..3 Type::many(Type::INTEGER), NONE;
    Empty "empty" 1..1 B, NONE;
    Exists "exists" 1..1 B, NONE;
    DistinctValues "distinct-values" 1..2 Type::many(Type::ATOMIC), NONE;
    InsertBefore "insert-before" 3..3 ANY, NONE;
    Remove "remove" 2..2 ANY, NONE;
    Reverse "reverse" 1..1 ANY, NONE;
    Subsequence "subsequence" 2..3 ANY, NONE;
    Unordered "unordered" 1..1 ANY, NONE;
    ZeroOrOne "zero-or-one" 1..1 Type::optional(Type::ITEM), NONE;
    OneOrMore "one-or-more" 1..1 ANY, NONE;
    ExactlyOne "exactly-one" 1..1 Type::one(Type::ITEM), NONE;
    DeepEqual "deep-equal" 2..3 B, NONE;
    Count "count" 1..1 I, NONE;
    Avg "avg" 1..1 Type::optional(Type::ATOMIC), NONE;
    Max "max" 1..2 Type::optional(Type::ATOMIC), NONE;
    Min "min" 1..2 Type::optional(Type::ATOMIC), NONE;
    Sum "sum" 1..2 Type::optional(Type::ATOMIC), NONE;
    Id "id" 1..2 NODES, Uses(Uses::FOCUS.0 | Uses::ROOT.0);
    Doc "doc" 1..1 NODE0, Uses::DOCUMENTS;
    DocAvailable "doc-available" 1..1 B, Uses::DOCUMENTS;
    Position "position" 0..0 I, Uses::POSITION;
    Last "last" 0..0 I, Uses::LAST;
    CurrentDateTime "current-dateTime" 0..0 T, ELSE;
    CurrentDate "current-date" 0..0 T, ELSE;
    CurrentTime "current-time" 0..0 T, ELSE;
    ImplicitTimezone "implicit-timezone" 0..0 L, NONE;
    DefaultCollation "default-collation" 0..0 S, NONE;
    StaticBaseUri "static-base-uri" 0..0 U0, ELSE;
    // XPath 3.0, which schemas use without saying so.
    Head "head" 1..1 Type::optional(Type::ITEM), NONE;
    Tail "tail" 1..1 ANY, NONE;
    // XSLT 2.0
    Current "current" 0..0 Type::one(Type::ITEM), ELSE;
    Document "document" 1..1 NODES, Uses::DOCUMENTS;
    // Not to be written: what some comparisons of `normalize-space()` are turned into.
    HasText "has text" 1..1 B, NONE;
    GenerateId "generate-id" 0..1 S, NONE;
    FormatNumber "format-number" 2..2 S, NONE;
}

/// Functions that take the focus when called without argument.
pub(crate) fn defaults_to_focus(function: Function) -> bool {
    use Function::*;
    matches!(
        function,
        AsString
            | BaseUri
            | StringLength
            | NormalizeSpace
            | Name
            | LocalName
            | NamespaceUri
            | Number
            | RootOf
            | GenerateId
    )
}
