//! "Did you mean …?"

/// The candidate that is most like `name`, if one is like it.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        // Names of very different length are far apart; measuring them all would take long.
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= 2 * limit)
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit && *distance > 0)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "Did you mean `x`?", or nothing.
pub fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, candidates).map(|it| format!("Did you mean `{it}`?")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_alike_is_suggested() {
        assert_eq!(nearest("vpc_ids", ["vpc_id", "subnet_id"]), Some("vpc_id"));
        assert_eq!(nearest("va", ["var", "local"]), Some("var"));
        assert_eq!(nearest("foo", ["var", "local"]), None);
        assert_eq!(did_you_mean("regoin", ["region"]), "Did you mean `region`?");
    }
}
