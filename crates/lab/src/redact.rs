//! Keeps patient data out of `Debug` output, in every build.

/// Implements `Debug` as the bare type name, for a type that holds patient data.
///
/// A value that could reach a log line prints as `TypeName(…)`, whatever it holds.
#[macro_export]
macro_rules! redact_debug {
    ($($name:ty),+ $(,)?) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )+};
}
