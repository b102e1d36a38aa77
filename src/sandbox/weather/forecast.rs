//! The text that describes the weather, such as `seed=7,latency=20ms..80ms,buckets=on`.

use std::str::FromStr;
use std::time::Duration;

/// Why a weather text was not understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeatherError {
    /// A part is not `name=value`.
    #[error("`{0}` is not of the form name=value")]
    NotASetting(String),
    /// A setting nobody knows.
    #[error("unknown setting `{0}`; known are seed, latency, buckets, error, lost, stale")]
    Unknown(String),
    /// A value that does not fit its setting.
    #[error("`{value}` is no {what} for `{setting}`")]
    Value {
        /// The setting.
        setting: &'static str,
        /// What was written.
        value: String,
        /// What should have been.
        what: &'static str,
    },
}

/// When an injected error strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Strike {
    /// With a probability, at each matching call.
    Chance(f64),
    /// At the nth matching call only, counted from 1.
    Nth(u64),
}

/// An error to inject: `service:operation:code@when`, `*` for any service or operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Injection {
    /// Signing name of the service, or `*`.
    pub service: String,
    /// Operation, or `*`.
    pub operation: String,
    /// Error code to answer with.
    pub code: String,
    /// When.
    pub strike: Strike,
}

/// What the weather is going to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forecast {
    /// Seed of all chance.
    pub seed: u64,
    /// Shortest and longest latency of a call.
    pub latency: Option<(Duration, Duration)>,
    /// Whether the published token buckets are enforced.
    pub buckets: bool,
    /// Errors answered without the call taking effect.
    pub errors: Vec<Injection>,
    /// Probability that a mutating call takes effect but its answer is lost.
    pub lost: f64,
    /// Probability that a mutating call is followed by reads that do not see it yet.
    pub stale: f64,
}

impl FromStr for Forecast {
    type Err = WeatherError;

    fn from_str(text: &str) -> Result<Forecast, WeatherError> {
        let mut forecast = Forecast::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let setting = part.split_once('=');
            let (name, value) = setting.ok_or_else(|| WeatherError::NotASetting(part.into()))?;
            forecast.set(name.trim(), value.trim())?;
        }
        Ok(forecast)
    }
}

impl Forecast {
    fn set(&mut self, name: &str, value: &str) -> Result<(), WeatherError> {
        match name {
            "seed" => {
                let seed = value.parse().map_err(|_| wrong("seed", value, "whole number"))?;
                self.seed = seed;
            }
            "latency" => self.latency = Some(latency(value)?),
            "buckets" => self.buckets = switch(value)?,
            "error" => self.errors.push(injection(value)?),
            "lost" => self.lost = chance("lost", value)?,
            "stale" => self.stale = chance("stale", value)?,
            _ => return Err(WeatherError::Unknown(name.into())),
        }
        Ok(())
    }
}

fn wrong(setting: &'static str, value: &str, what: &'static str) -> WeatherError {
    WeatherError::Value { setting, value: value.into(), what }
}

fn switch(value: &str) -> Result<bool, WeatherError> {
    match value {
        "on" | "true" => Ok(true),
        "off" | "false" => Ok(false),
        _ => Err(wrong("buckets", value, "on or off")),
    }
}

fn chance(setting: &'static str, value: &str) -> Result<f64, WeatherError> {
    let parsed = value.parse::<f64>().ok().filter(|chance| (0.0..=1.0).contains(chance));
    parsed.ok_or_else(|| wrong(setting, value, "probability from 0 to 1"))
}

fn latency(value: &str) -> Result<(Duration, Duration), WeatherError> {
    let (low, high) = value.split_once("..").unwrap_or((value, value));
    let bounds = duration(low).zip(duration(high)).filter(|(low, high)| low <= high);
    bounds.ok_or_else(|| wrong("latency", value, "duration such as 20ms, 1.5s or 20ms..80ms"))
}

fn duration(text: &str) -> Option<Duration> {
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s')?, 1.0),
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * scale).ok()
}

fn injection(value: &str) -> Result<Injection, WeatherError> {
    let what = "service:operation:code@when, with a probability or #n as when";
    let failed = || wrong("error", value, what);
    let (target, when) = value.split_once('@').ok_or_else(failed)?;
    let [service, operation, code] = target.split(':').collect::<Vec<_>>()[..] else {
        return Err(failed());
    };
    let strike = match when.strip_prefix('#') {
        Some(nth) => nth.parse().ok().filter(|nth| *nth > 0).map(Strike::Nth),
        None => chance("error", when).ok().map(Strike::Chance),
    };
    Ok(Injection {
        service: full_service_name(service).to_owned(),
        operation: operation.to_owned(),
        code: code.to_owned(),
        strike: strike.ok_or_else(failed)?,
    })
}

/// Short names people use for services whose signing name is longer.
fn full_service_name(name: &str) -> &str {
    match name {
        "elb" | "elbv2" => "elasticloadbalancing",
        "cloudwatchlogs" => "logs",
        _ => name,
    }
}
