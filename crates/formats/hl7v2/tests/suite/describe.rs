//! A message as reviewed text: header facts, quirks, then one line per subcomponent that says something.

use std::fmt::Write;

use hl7v2::Message;

pub(crate) fn describe(message: &Message) -> String {
    let kind = message.message_type();
    let mut out = format!(
        "type {} {} {}\ncontrol id {}\nversion {}\ncharset {}\n",
        kind.code,
        kind.trigger,
        kind.structure,
        message.control_id(),
        message.version(),
        message.charset().msh18(),
    );
    for quirk in message.quirks() {
        let _ = writeln!(out, "quirk {quirk:?}");
    }
    for segment in message.segments() {
        let _ = writeln!(out, "{} {}", segment.number(), segment.name());
        for (field, n) in segment.fields().zip(1..) {
            for (repetition, r) in field.repetitions().zip(1..) {
                for (component, c) in repetition.components().zip(1..) {
                    for (subcomponent, s) in component.subcomponents().zip(1..) {
                        let place = format!("{n}({r}).{c}.{s}");
                        let text = subcomponent.text();
                        let _ = match subcomponent.is_null() {
                            true => writeln!(out, "  {place} null"),
                            false => writeln!(out, "  {place} {text:?}"),
                        };
                    }
                }
            }
        }
    }
    out
}
