//! Which workload a word means.

use super::*;

fn candidate(kind: &str, namespace: &str, name: &str) -> Candidate {
    Candidate {
        kind: kind.to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
        stage: "app".to_owned(),
        words: format!("{kind} {namespace}/{name}"),
    }
}

/// Returns what a word finds, `None` for nothing, `Some("?")` when several are meant.
fn check(word: &str, namespaces: &[&str], expected: Option<&str>) {
    let candidates = [
        candidate("Deployment", "shop", "web"),
        candidate("Deployment", "shop", "web-api"),
        candidate("StatefulSet", "shop", "web"),
        candidate("Deployment", "staging", "cart"),
        candidate("Deployment", "shop", "cart"),
    ];
    let namespaces: Vec<String> = namespaces.iter().map(|name| (*name).to_owned()).collect();
    let found = Wanted::parse(word, &namespaces).unwrap().find(&candidates);
    let found = found.map_or(Some("?".to_owned()), |found| found.map(|found| found.words));
    assert_eq!(found.as_deref(), expected, "{word}");
}

#[test]
fn a_word_means_one_workload_or_says_that_it_means_several() {
    check("deployment/web", &[], Some("Deployment shop/web"));
    check("sts/web", &[], Some("StatefulSet shop/web"));
    check("web", &[], Some("?"));
    check("cart", &[], Some("?"));
    check("cart", &["staging"], Some("Deployment staging/cart"));
    check("deployment/shop/cart", &["staging"], Some("Deployment shop/cart"));
    check("Deployments/web-api", &["shop"], Some("Deployment shop/web-api"));
    check("pod/web-api-5d4f8c9b7-x2bcd", &[], Some("Deployment shop/web-api"));
    check("web-0", &[], Some("StatefulSet shop/web"));
    check("web-apis", &[], None);
    check("web-other-app", &[], None);
    check("cart", &["prod"], None);
    // As reports write them.
    check("Deployment shop/cart", &[], Some("Deployment shop/cart"));
    check("Deployment cart", &["staging"], Some("Deployment staging/cart"));
    check("shop/cart", &[], Some("Deployment shop/cart"));
    check("shop/web", &[], Some("?"));
    check("prod/cart", &[], None);
}

#[test]
fn what_names_no_workload_is_refused() {
    for word in ["", "/", "deployment/", "/web", "a/b/c/d", "deployment//web"] {
        assert!(Wanted::parse(word, &[]).is_err(), "{word}");
    }
}
