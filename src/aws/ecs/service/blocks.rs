//! Volumes that are made when tasks start, and VPC Lattice.

use std::collections::BTreeMap;

use aws_sdk_ecs::types::{
    EbsResourceType, EbsTagSpecification, PropagateTags, ServiceManagedEbsVolumeConfiguration,
    ServiceVolumeConfiguration, TaskFilesystemType, VpcLatticeConfiguration,
};

use crate::aws::ecs::{sdk_tags, tags};
use crate::provider::Result;
use crate::schema;
use crate::schema::{Check, One};

schema! {
    /// A volume that is made when tasks start.
    pub struct LaunchVolume {
        /// The volume of EBS.
        #[required] managed_ebs_volume: One<EbsVolume>,
        /// Its name in the task definition.
        name: String,
    }

    /// A volume of EBS.
    pub struct EbsVolume {
        /// Whether it is encrypted.
        #[default(true)] encrypted: bool,
        /// `ext3`, `ext4`, `xfs` or `ntfs`.
        #[default("xfs")] #[one_of(&["ext3", "ext4", "xfs", "ntfs"])] file_system_type: String,
        /// Operations a second.
        iops: Option<i64>,
        /// KMS key.
        kms_key_id: Option<String>,
        /// ARN of the role that makes it.
        #[check(Check::Arn)] role_arn: String,
        /// GiB.
        size_in_gb: Option<i64>,
        /// Snapshot that it is made from.
        snapshot_id: Option<String>,
        /// Its tags.
        tag_specifications: Vec<VolumeTags>,
        /// MiB a second.
        #[check(Check::Between(0, 1000))] throughput: Option<i64>,
        /// MiB a second at which the snapshot is read.
        volume_initialization_rate: Option<i64>,
        /// Type of the volume.
        volume_type: Option<String>,
    }

    /// Tags of a volume.
    pub struct VolumeTags {
        /// What tags are taken from.
        #[one_of(&["SERVICE", "TASK_DEFINITION", "NONE"])] propagate_tags: Option<String>,
        /// `volume`
        #[one_of(&["volume"])] resource_type: String,
        /// The tags.
        tags: BTreeMap<String, String>,
    }

    /// A target group of VPC Lattice.
    pub struct Lattice {
        /// Name of the port mapping.
        #[check(Check::Pattern("^[0-9a-z_][0-9a-z_-]{0,63}$", "a name of lower-case letters"))]
        port_name: String,
        /// ARN of the role that registers tasks.
        #[check(Check::Arn)] role_arn: String,
        /// ARN of the target group.
        #[check(Check::Arn)] target_group_arn: String,
    }
}

fn whole(it: Option<i64>) -> Option<i32> {
    it.filter(|it| *it > 0).and_then(|it| i32::try_from(it).ok())
}

pub(super) fn volume_to_sdk(it: &LaunchVolume) -> Result<ServiceVolumeConfiguration> {
    let volume = it.managed_ebs_volume.get().map(ebs).transpose()?;
    let made = ServiceVolumeConfiguration::builder().name(&it.name);
    Ok(made.set_managed_ebs_volume(volume).build()?)
}

fn ebs(it: &EbsVolume) -> Result<ServiceManagedEbsVolumeConfiguration> {
    let tagged = it.tag_specifications.iter().map(|it| {
        let propagated = it.propagate_tags.as_deref().filter(|it| !it.is_empty());
        EbsTagSpecification::builder()
            .resource_type(EbsResourceType::from(it.resource_type.as_str()))
            .set_propagate_tags(propagated.map(PropagateTags::from))
            .set_tags(sdk_tags(&it.tags))
            .build()
    });
    let tagged = tagged.collect::<std::result::Result<Vec<_>, _>>()?;
    let text = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
    let made = ServiceManagedEbsVolumeConfiguration::builder()
        .encrypted(it.encrypted)
        .filesystem_type(TaskFilesystemType::from(it.file_system_type.as_str()))
        .set_iops(whole(it.iops))
        .set_kms_key_id(text(&it.kms_key_id))
        .role_arn(&it.role_arn)
        .set_size_in_gib(whole(it.size_in_gb))
        .set_snapshot_id(text(&it.snapshot_id))
        .set_tag_specifications((!tagged.is_empty()).then_some(tagged))
        .set_throughput(whole(it.throughput))
        .set_volume_initialization_rate(whole(it.volume_initialization_rate))
        .set_volume_type(text(&it.volume_type));
    Ok(made.build()?)
}

pub(super) fn volume_from(it: &ServiceVolumeConfiguration) -> LaunchVolume {
    LaunchVolume {
        managed_ebs_volume: One(it.managed_ebs_volume.as_ref().map(ebs_from)),
        name: it.name.clone(),
    }
}

fn ebs_from(it: &ServiceManagedEbsVolumeConfiguration) -> EbsVolume {
    let tagged = it.tag_specifications().iter().map(|it| {
        let propagated = it.propagate_tags.as_ref().map(|it| it.as_str().to_string());
        VolumeTags {
            propagate_tags: propagated.filter(|it| it != "NONE"),
            resource_type: it.resource_type.as_str().to_string(),
            tags: tags(it.tags()),
        }
    });
    let kind = it.filesystem_type.as_ref().map_or("xfs", TaskFilesystemType::as_str);
    EbsVolume {
        encrypted: it.encrypted.unwrap_or(true),
        file_system_type: kind.to_string(),
        iops: it.iops.map(i64::from),
        kms_key_id: it.kms_key_id.clone(),
        role_arn: it.role_arn.clone(),
        size_in_gb: it.size_in_gib.map(i64::from),
        snapshot_id: it.snapshot_id.clone(),
        tag_specifications: tagged.collect(),
        throughput: it.throughput.map(i64::from),
        volume_initialization_rate: it.volume_initialization_rate.map(i64::from),
        volume_type: it.volume_type.clone(),
    }
}

pub(super) fn lattice_to_sdk(it: &Lattice) -> Result<VpcLatticeConfiguration> {
    let made = VpcLatticeConfiguration::builder()
        .port_name(&it.port_name)
        .role_arn(&it.role_arn)
        .target_group_arn(&it.target_group_arn);
    Ok(made.build()?)
}

pub(super) fn lattice_from(it: &VpcLatticeConfiguration) -> Lattice {
    Lattice {
        port_name: it.port_name.clone(),
        role_arn: it.role_arn.clone(),
        target_group_arn: it.target_group_arn.clone(),
    }
}
