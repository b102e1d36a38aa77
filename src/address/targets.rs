//! Many targets at once, so that an address is not compared with each.

use std::collections::{HashMap, HashSet};

use super::{InstanceAddress, ModuleInstance, ResourceAddress, Target};

/// Which steps of a way to a module are named with a key.
type Keyed = Vec<bool>;

/// A set of targets.
#[derive(Clone, Debug, Default)]
pub struct Targets {
    modules: HashMap<Keyed, HashSet<ModuleInstance>>,
    resources: HashMap<Keyed, HashSet<ResourceAddress>>,
    instances: HashSet<InstanceAddress>,
}

impl Targets {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty() && self.resources.is_empty() && self.instances.is_empty()
    }

    /// Whether any of them covers an instance.
    pub fn cover(&self, address: &InstanceAddress) -> bool {
        self.covering(address).next().is_some()
    }

    /// All that cover an instance, in no order.
    pub fn covering(&self, address: &InstanceAddress) -> impl Iterator<Item = Target> {
        let within = &address.resource.module;
        let modules = self.modules.iter().filter_map(|(keyed, named)| {
            let module = part(within, keyed)?;
            named.contains(&module).then_some(Target::Module(module))
        });
        let resources = self.resources.iter().filter_map(|(keyed, named)| {
            let module = part(within, keyed).filter(|it| it.0.len() == within.0.len())?;
            let resource = ResourceAddress { module, resource: address.resource.resource.clone() };
            named.contains(&resource).then_some(Target::Resource(resource))
        });
        let instance = self.instances.get(address).cloned().map(Target::Instance);
        modules.chain(resources).chain(instance)
    }
}

impl<'t> FromIterator<&'t Target> for Targets {
    fn from_iter<I: IntoIterator<Item = &'t Target>>(targets: I) -> Targets {
        let mut all = Targets::default();
        for target in targets {
            match target {
                Target::Module(it) => {
                    all.modules.entry(keyed(it)).or_default().insert(it.clone());
                }
                Target::Resource(it) => {
                    all.resources.entry(keyed(&it.module)).or_default().insert(it.clone());
                }
                Target::Instance(it) => {
                    all.instances.insert(it.clone());
                }
            }
        }
        all
    }
}

fn keyed(module: &ModuleInstance) -> Keyed {
    module.0.iter().map(|(_, key)| key.is_some()).collect()
}

/// The first steps of a way, with keys where others have them; none when it has fewer steps.
fn part(module: &ModuleInstance, keyed: &Keyed) -> Option<ModuleInstance> {
    let steps = module.0.get(..keyed.len())?.iter().zip(keyed);
    let steps = steps.map(|((name, key), keyed)| (name.clone(), key.clone().filter(|_| *keyed)));
    Some(ModuleInstance(steps.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_they_cover_what_each_of_them_covers() {
        let texts = [
            "module.a",
            r#"module.a["x"]"#,
            r#"module.a.module.b["x"]"#,
            r#"module.a["x"].module.b"#,
            "module.a.aws_vpc.b",
            r#"module.a["x"].aws_vpc.b"#,
            "aws_vpc.b",
            "aws_vpc.b[1]",
            "data.aws_vpc.b",
            r#"module.a["x"].aws_vpc.b[1]"#,
            "module.a.module.b.aws_vpc.b",
        ];
        let addresses = [
            "aws_vpc.b",
            "aws_vpc.b[1]",
            "aws_vpc.c[1]",
            "data.aws_vpc.b[0]",
            "module.a.aws_vpc.b",
            r#"module.a["x"].aws_vpc.b[1]"#,
            r#"module.a["y"].aws_vpc.b[1]"#,
            r#"module.a["x"].module.b["x"].aws_vpc.b"#,
            r#"module.a["y"].module.b["x"].aws_vpc.c"#,
            r#"module.a["y"].module.b["y"].aws_vpc.c"#,
        ];
        for count in 0..1_usize << texts.len() {
            let chosen = texts.iter().enumerate().filter(|(at, _)| count >> at & 1 == 1);
            let all: Vec<Target> = chosen.map(|(_, text)| text.parse().unwrap()).collect();
            let targets = Targets::from_iter(&all);
            assert_eq!(targets.is_empty(), all.is_empty());
            for address in addresses {
                let address: InstanceAddress = address.parse().unwrap();
                let each: HashSet<&Target> = all.iter().filter(|it| it.covers(&address)).collect();
                let found: Vec<Target> = targets.covering(&address).collect();
                assert_eq!(found.iter().collect::<HashSet<_>>(), each, "{address}");
                assert_eq!(targets.cover(&address), !each.is_empty());
            }
        }
    }
}
