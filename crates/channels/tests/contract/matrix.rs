//! The matrix in the documentation is what the channels claim, written by this test.

use stockbridge_domain::channel::Capability;

use crate::driver::Tells;
use crate::{CHANNELS, NEEDS};

const BEGIN: &str = "<!-- matrix -->\n";
const END: &str = "<!-- end of matrix -->";

/// One row a capability, one column a channel, and what each was verified against.
fn matrix() -> String {
    let mut table = String::from("| |");
    for channel in CHANNELS {
        table.push_str(&format!(" {} |", channel.label));
    }
    table.push_str("\n| --- |");
    table.push_str(&" --- |".repeat(CHANNELS.len()));
    for capability in Capability::ALL {
        table.push_str(&format!("\n| {} |", capability.label()));
        for channel in CHANNELS {
            let setup = (channel.build)();
            let claimed = setup.channel.descriptor().can(capability);
            table.push_str(if claimed { " yes |" } else { " – |" });
        }
    }
    for (row, tells) in [
        ("listings tell titles", (|t| t.titles) as fn(Tells) -> bool),
        ("listings tell barcodes", |t| t.barcodes),
    ] {
        table.push_str(&format!("\n| {row} |"));
        for channel in CHANNELS {
            table.push_str(if tells((channel.build)().tells) {
                " yes |"
            } else {
                " – |"
            });
        }
    }
    table.push_str("\n| quantities are written |");
    for channel in CHANNELS {
        let setup = (channel.build)();
        let mode = setup.channel.descriptor().write_mode_with(&setup.draft.options);
        table.push_str(&format!(" {} |", mode.name().replace('_', "-")));
    }
    table.push_str("\n| verified against its simulator and |");
    for channel in CHANNELS {
        table.push_str(&format!(" {} |", channel.verified));
    }
    table.push('\n');
    table.push_str(&left_out());
    table
}

/// The scenarios that are not run for a channel, and why.
fn left_out() -> String {
    let mut lines = String::from("\nScenarios that are left out, each for want of what it asks for:\n\n");
    for channel in CHANNELS {
        for (capability, why) in channel.cannot {
            let scenarios = NEEDS.iter().filter(|(_, needed)| needed == capability);
            for (scenario, _) in scenarios {
                lines.push_str(&format!("- {}, `{scenario}`: {why}\n", channel.label));
            }
        }
    }
    lines
}

#[test]
fn the_documents_matrix_is_what_the_channels_claim() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/channels/README.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (_, rest) = text.split_once(BEGIN).expect("the matrix begins");
    let (written, _) = rest.split_once(END).expect("the matrix ends");
    let expected = matrix();
    assert!(
        written == expected,
        "write this between the marks of docs/channels/README.md:\n{expected}"
    );
}

/// Whatever a scenario asks for, a channel has it or says why not.
#[test]
fn what_a_channel_cannot_do_is_named_with_why() {
    for channel in CHANNELS {
        let descriptor = (channel.build)().channel.descriptor();
        for (scenario, capability) in NEEDS {
            let reason = channel.cannot.iter().find(|(cannot, _)| cannot == capability);
            assert_eq!(
                reason.is_none(),
                descriptor.can(*capability),
                "{}: {scenario} asks for {}",
                channel.label,
                capability.label()
            );
        }
        for (capability, why) in channel.cannot {
            assert!(NEEDS.iter().any(|(_, needed)| needed == capability), "{why}");
        }
    }
}

/// A channel's name here is the one in its descriptor.
#[test]
fn names_agree() {
    for channel in CHANNELS {
        assert_eq!((channel.build)().channel.descriptor().kind, channel.name);
    }
}
