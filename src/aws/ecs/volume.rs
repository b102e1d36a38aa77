//! The volumes of task definitions.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_ecs::types::{
    self, FSxWindowsFileServerAuthorizationConfig, FSxWindowsFileServerVolumeConfiguration,
    HostVolumeProperties, Scope,
};

use crate::provider::Result;
use crate::schema;
use crate::schema::{Check, One};

schema! {
    /// A volume.
    pub struct Volume {
        /// Whether it is configured when tasks are started.
        #[force_new] configure_at_launch: Option<bool>,
        /// A Docker volume.
        #[force_new] docker_volume_configuration: One<DockerVolume>,
        /// A file system of EFS.
        #[force_new] efs_volume_configuration: One<EfsVolume>,
        /// A file system of FSx for Windows File Server.
        #[force_new] fsx_windows_file_server_volume_configuration: One<FsxVolume>,
        /// Path on the host.
        #[force_new] host_path: Option<String>,
        /// Name of the volume.
        #[force_new] name: String,
        /// A file system of S3 Files.
        #[force_new] s3files_volume_configuration: One<S3FilesVolume>,
    }

    /// A file system of S3 Files.
    pub struct S3FilesVolume {
        /// ARN of the access point.
        #[force_new] #[check(Check::Arn)] access_point_arn: Option<String>,
        /// ARN of the file system.
        #[force_new] #[check(Check::Arn)] file_system_arn: String,
        /// Folder that is mounted.
        #[computed] #[force_new] root_directory: Option<String>,
        /// Port of the encrypted connection.
        #[force_new] #[check(Check::Between(0, 65535))] transit_encryption_port: Option<i64>,
    }

    /// A Docker volume.
    pub struct DockerVolume {
        /// Whether it is made when it is not there; shared volumes only.
        #[default(false)] #[force_new] autoprovision: bool,
        /// The driver.
        #[force_new] driver: Option<String>,
        /// Options of the driver.
        #[force_new] driver_opts: BTreeMap<String, String>,
        /// Labels of the volume.
        #[force_new] labels: BTreeMap<String, String>,
        /// `task` or `shared`.
        #[computed] #[force_new] #[one_of(&["task", "shared"])] scope: Option<String>,
    }

    /// A file system of FSx for Windows File Server.
    pub struct FsxVolume {
        /// Who mounts it.
        #[required] #[force_new] authorization_config: One<FsxAuthorization>,
        /// Id of the file system.
        #[force_new] file_system_id: String,
        /// Folder that is mounted.
        #[force_new] root_directory: String,
    }

    /// Who mounts a file system of FSx.
    pub struct FsxAuthorization {
        /// ARN of the secret or parameter with the credentials.
        #[force_new] #[check(Check::Arn)] credentials_parameter: String,
        /// Domain of the directory.
        #[force_new] domain: String,
    }

    /// A file system of EFS.
    pub struct EfsVolume {
        /// Who may mount it.
        #[force_new] authorization_config: One<EfsAuthorization>,
        /// Id of the file system.
        #[force_new] file_system_id: String,
        /// Folder that is mounted.
        #[default("/")] #[force_new] root_directory: String,
        /// `ENABLED` or `DISABLED`.
        #[force_new] #[one_of(&["ENABLED", "DISABLED"])] transit_encryption: Option<String>,
        /// Port of the encrypted connection.
        #[force_new] transit_encryption_port: Option<i64>,
    }

    /// Who may mount a file system.
    pub struct EfsAuthorization {
        /// The access point.
        #[force_new] access_point_id: Option<String>,
        /// `ENABLED` or `DISABLED`.
        #[force_new] #[one_of(&["ENABLED", "DISABLED"])] iam: Option<String>,
    }
}

pub(super) fn volume_to_sdk(it: &Volume) -> Result<types::Volume> {
    let host = it.host_path.clone();
    let host = host.map(|path| HostVolumeProperties::builder().source_path(path).build());
    let efs = it.efs_volume_configuration.get().map(efs).transpose()?;
    let fsx = it.fsx_windows_file_server_volume_configuration.get().map(fsx).transpose()?;
    let made = types::Volume::builder()
        .name(&it.name)
        .set_host(host)
        .set_configured_at_launch(it.configure_at_launch)
        .set_docker_volume_configuration(it.docker_volume_configuration.get().map(docker))
        .set_efs_volume_configuration(efs)
        .set_fsx_windows_file_server_volume_configuration(fsx)
        .set_s3files_volume_configuration(
            it.s3files_volume_configuration.get().map(s3files).transpose()?,
        );
    Ok(made.build())
}

fn pairs(it: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!it.is_empty()).then(|| it.clone().into_iter().collect())
}

fn docker(it: &DockerVolume) -> types::DockerVolumeConfiguration {
    // AWS takes `autoprovision` of shared volumes only
    let shared = it.scope.as_deref() == Some("shared");
    types::DockerVolumeConfiguration::builder()
        .set_autoprovision((shared || it.autoprovision).then_some(it.autoprovision))
        .set_driver(it.driver.clone())
        .set_driver_opts(pairs(&it.driver_opts))
        .set_labels(pairs(&it.labels))
        .set_scope(it.scope.as_deref().map(Scope::from))
        .build()
}

fn fsx(it: &FsxVolume) -> Result<FSxWindowsFileServerVolumeConfiguration> {
    let authorization = it.authorization_config.get().map(|it| {
        FSxWindowsFileServerAuthorizationConfig::builder()
            .credentials_parameter(&it.credentials_parameter)
            .domain(&it.domain)
            .build()
    });
    let made = FSxWindowsFileServerVolumeConfiguration::builder()
        .set_authorization_config(authorization.transpose()?)
        .file_system_id(&it.file_system_id)
        .root_directory(&it.root_directory);
    Ok(made.build()?)
}

fn efs(it: &EfsVolume) -> Result<types::EfsVolumeConfiguration> {
    let authorization = it.authorization_config.get().map(
        |EfsAuthorization { access_point_id, iam: permissions }| {
            types::EfsAuthorizationConfig::builder()
                .set_access_point_id(access_point_id.clone())
                .set_iam(permissions.as_deref().map(types::EfsAuthorizationConfigIam::from))
                .build()
        },
    );
    let encryption = it.transit_encryption.as_deref().map(types::EfsTransitEncryption::from);
    let made = types::EfsVolumeConfiguration::builder()
        .file_system_id(&it.file_system_id)
        .root_directory(&it.root_directory)
        .set_transit_encryption(encryption)
        .set_transit_encryption_port(
            it.transit_encryption_port.and_then(|it| i32::try_from(it).ok()),
        )
        .set_authorization_config(authorization);
    Ok(made.build()?)
}

fn s3files(it: &S3FilesVolume) -> Result<types::S3FilesVolumeConfiguration> {
    let port = it.transit_encryption_port.and_then(|it| i32::try_from(it).ok());
    let made = types::S3FilesVolumeConfiguration::builder()
        .set_access_point_arn(it.access_point_arn.clone())
        .file_system_arn(&it.file_system_arn)
        .set_root_directory(it.root_directory.clone())
        .set_transit_encryption_port(port);
    Ok(made.build()?)
}

fn known(it: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    it.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

pub(super) fn volume_from(it: &types::Volume) -> Volume {
    let docker = it.docker_volume_configuration.as_ref().map(|it| DockerVolume {
        autoprovision: it.autoprovision.unwrap_or(false),
        driver: it.driver.clone(),
        driver_opts: known(it.driver_opts.as_ref()),
        labels: known(it.labels.as_ref()),
        scope: it.scope.as_ref().map(|it| it.as_str().to_string()),
    });
    let fsx = it.fsx_windows_file_server_volume_configuration.as_ref().map(|it| FsxVolume {
        authorization_config: One(it.authorization_config.as_ref().map(|it| FsxAuthorization {
            credentials_parameter: it.credentials_parameter.clone(),
            domain: it.domain.clone(),
        })),
        file_system_id: it.file_system_id.clone(),
        root_directory: it.root_directory.clone(),
    });
    let s3files = it.s3files_volume_configuration.as_ref().map(|it| S3FilesVolume {
        access_point_arn: it.access_point_arn.clone(),
        file_system_arn: it.file_system_arn.clone(),
        root_directory: it.root_directory.clone(),
        transit_encryption_port: it.transit_encryption_port.map(i64::from),
    });
    Volume {
        configure_at_launch: it.configured_at_launch,
        docker_volume_configuration: One(docker),
        efs_volume_configuration: One(it.efs_volume_configuration.as_ref().map(efs_from)),
        fsx_windows_file_server_volume_configuration: One(fsx),
        host_path: it.host.as_ref().and_then(|it| it.source_path.clone()),
        name: it.name.clone().unwrap_or_default(),
        s3files_volume_configuration: One(s3files),
    }
}

fn efs_from(it: &types::EfsVolumeConfiguration) -> EfsVolume {
    EfsVolume {
        authorization_config: One(it.authorization_config.as_ref().map(|it| EfsAuthorization {
            access_point_id: it.access_point_id.clone(),
            iam: it.iam().map(|it| it.as_str().to_string()),
        })),
        file_system_id: it.file_system_id.clone(),
        root_directory: it.root_directory.clone().unwrap_or_else(|| "/".into()),
        transit_encryption: it.transit_encryption.as_ref().map(|it| it.as_str().to_string()),
        transit_encryption_port: it.transit_encryption_port.map(i64::from),
    }
}
