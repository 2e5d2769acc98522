//! What a name means that is none of the Services that the operator of Tempo makes.

use super::{Made, MadeService};

/// Parts whose names users write for those that a resource has.
const WORDS: [&str; 6] = [
    "distributor",
    "query-frontend",
    "query-frontend-discovery",
    "gateway",
    "jaegerui",
    "querier",
];

impl Made {
    /// Returns the Services that a name which is none of them may mean: one of them with a letter changed, or the right resource with another part.
    pub fn meant(&self, resource: &str, name: &str, is_near: impl Fn(&str, &str) -> bool) -> Vec<&str> {
        let near: Vec<&str> = self.services.iter().map(|one| one.name.as_str()).collect();
        let near: Vec<&str> = near.into_iter().filter(|one| is_near(one, name)).collect();
        if !near.is_empty() {
            return near;
        }
        let own = resource.replace('.', "-");
        let stems = [format!("tempo-{own}"), own.clone(), format!("{own}-tempo")];
        let is_other_part = stems.iter().any(|stem| {
            let rest = name.strip_prefix(stem.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(|part| WORDS.contains(&part)))
        });
        let asked = |one: &&MadeService| {
            matches!(one.part, "distributor" | "query-frontend" | "gateway" | "all") && !one.headless
        };
        let same_part = |one: &&MadeService| name.ends_with(&format!("-{}", one.part));
        match is_other_part {
            false => Vec::new(),
            true => {
                let all: Vec<&MadeService> = self.services.iter().filter(asked).collect();
                let same: Vec<&MadeService> = all.iter().copied().filter(|one| same_part(one)).collect();
                let gateway: Vec<&MadeService> = all.iter().copied().filter(|one| one.part == "gateway").collect();
                // Where there is a gateway, what is behind it is not for others.
                let chosen = match (same.is_empty(), gateway.is_empty()) {
                    (false, _) => same,
                    (true, false) => gateway,
                    (true, true) => all,
                };
                chosen.into_iter().map(|one| one.name.as_str()).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::services;
    use crate::topology::workload::one_edit_apart;

    #[test]
    fn what_was_meant() {
        let stack = services(
            "apiVersion: tempo.grafana.com/v1alpha1\nkind: TempoStack\nmetadata: {name: shop, namespace: tracing}\nspec: {}\n",
        );
        let check = |name: &str, expected: &[&str]| {
            assert_eq!(stack.meant("shop", name, one_edit_apart), expected, "{name}");
        };
        check("tempo-shop", &["tempo-shop-distributor", "tempo-shop-query-frontend"]);
        check("shop-distributor", &["tempo-shop-distributor"]);
        check("tempo-shop-distributer", &["tempo-shop-distributor"]);
        check(
            "tempo-shop-gateway",
            &["tempo-shop-distributor", "tempo-shop-query-frontend"],
        );
        check("shop-api", &[]);
        check("bookshop", &[]);
    }
}
