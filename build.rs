//! Rebuilds the program when a check, a table or the demo changes: they are compiled in.

fn main() {
    println!("cargo:rerun-if-changed=checks");
    println!("cargo:rerun-if-changed=fixtures/incidents/reference-guide-all");
}
