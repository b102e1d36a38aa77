//! The weather over AWS: latency, throttling, errors, lost answers and stale reads.
//!
//! A wrapper around any HTTP client. All chance comes from one seeded generator that is asked the
//! same number of times for each call, so the same seed and order of calls give the same trace.

pub mod buckets;
pub mod forecast;
pub mod memory;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector,
    http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::{Duration, Instant};

use self::buckets::Buckets;
pub use self::forecast::{Forecast, Injection, Strike, WeatherError};
use self::memory::{Memory, question};
use super::call::Call;
use super::fault::{Fault, buffered};

/// Header that asks the sandbox to answer as before the last change. Other worlds ignore it.
pub const STALE: &str = "x-terrace-stale";

/// The longest run of reads that miss a change.
const LONGEST_STALENESS: u32 = 3;

/// The weather, wrapped around HTTP clients; cheap to clone.
#[derive(Clone, Debug)]
pub struct Weather {
    forecast: Arc<Forecast>,
    sky: Arc<Mutex<Sky>>,
}

/// What changes from call to call.
#[derive(Debug)]
struct Sky {
    chance: StdRng,
    buckets: Buckets,
    /// How often each injection has matched.
    matches: Vec<u64>,
    /// Reads of a service and region that still miss its last change.
    stale: HashMap<(String, String), u32>,
    memory: Memory,
}

/// What happens to one call.
#[derive(Debug)]
struct Fate {
    latency: Duration,
    fault: Option<Fault>,
    lost: bool,
    stale: bool,
}

impl Weather {
    /// Weather as the text says, for example
    /// `seed=7,latency=20ms..80ms,buckets=on,error=ecs:CreateService:ServerException@0.1,lost=0.02`.
    pub fn parse(text: &str) -> Result<Weather, WeatherError> {
        text.parse().map(Weather::new)
    }

    /// The weather that the environment variable `TERRACE_WEATHER` asks for, if it does.
    pub fn from_environment() -> Result<Option<Weather>, WeatherError> {
        match std::env::var("TERRACE_WEATHER") {
            Ok(text) if !text.trim().is_empty() => Weather::parse(&text).map(Some),
            _ => Ok(None),
        }
    }

    /// Weather as forecast.
    pub fn new(forecast: Forecast) -> Weather {
        let sky = Sky {
            chance: StdRng::seed_from_u64(forecast.seed),
            buckets: Buckets::default(),
            matches: vec![0; forecast.errors.len()],
            stale: HashMap::new(),
            memory: Memory::default(),
        };
        Weather { forecast: Arc::new(forecast), sky: Arc::new(Mutex::new(sky)) }
    }

    /// The same client, exposed to the weather.
    pub fn wrap(&self, inner: SharedHttpClient) -> SharedHttpClient {
        let weather = self.clone();
        http_client_fn(move |settings, components| {
            weather.over(inner.http_connector(settings, components))
        })
    }

    fn over(&self, inner: SharedHttpConnector) -> SharedHttpConnector {
        SharedHttpConnector::new(Exposed { inner, weather: self.clone() })
    }

    fn fate(&self, call: &Call) -> Fate {
        self.sky().fate(&self.forecast, call)
    }

    fn sky(&self) -> MutexGuard<'_, Sky> {
        self.sky.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the request on; a stale read answers as before the last change where that is known,
    /// or else asks the sandbox to.
    async fn pass(
        &self,
        stale: bool,
        call: &Call,
        inner: &SharedHttpConnector,
        mut request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if self.forecast.stale == 0.0 {
            return inner.call(request).await;
        }
        let asked = question(&request);
        if stale {
            if let Some(answer) = self.sky().memory.recall(call, &asked) {
                return Ok(answer);
            }
            request.headers_mut().insert(STALE, "1");
            return inner.call(request).await;
        }
        let answer = buffered(inner.call(request).await?).await?;
        let mut sky = self.sky();
        match call.is_mutating() {
            true => sky.memory.change(call),
            false => sky.memory.learn(call, asked, &answer),
        }
        Ok(answer)
    }
}

impl Sky {
    fn fate(&mut self, forecast: &Forecast, call: &Call) -> Fate {
        let (slow, struck) = (self.chance.random::<f64>(), self.chance.random::<f64>());
        let (lost, stale) = (self.chance.random::<f64>(), self.chance.random::<f64>());
        let injected = self.injected(forecast, call, struck);
        let throttled = forecast.buckets && !self.buckets.take(call, Instant::now());
        let fault = if throttled { Some(Fault::throttled(call)) } else { injected };
        let stale = fault.is_none() && self.is_stale(forecast.stale, call, stale);
        Fate {
            latency: latency(forecast, slow),
            lost: fault.is_none() && call.is_mutating() && lost < forecast.lost,
            fault,
            stale,
        }
    }

    fn injected(&mut self, forecast: &Forecast, call: &Call, struck: f64) -> Option<Fault> {
        let mut fault = None;
        for (injection, matches) in forecast.errors.iter().zip(&mut self.matches) {
            if !injection.fits(call) {
                continue;
            }
            *matches += 1;
            let strikes = match injection.strike {
                Strike::Chance(chance) => struck < chance,
                Strike::Nth(nth) => *matches == nth,
            };
            if strikes && fault.is_none() {
                fault = Some(injected_fault(&injection.code));
            }
        }
        fault
    }

    /// A change may start a while of stale reads; each read uses it up.
    fn is_stale(&mut self, probability: f64, call: &Call, chance: f64) -> bool {
        let place = (call.service.clone(), call.region.clone());
        if call.is_mutating() {
            let reads = staleness(probability, chance);
            self.stale.insert(place, reads);
            return false;
        }
        let Some(left) = self.stale.get_mut(&place).filter(|left| **left > 0) else { return false };
        *left -= 1;
        true
    }
}

/// How many reads miss a change: none, or 1 to [`LONGEST_STALENESS`], from one draw.
fn staleness(probability: f64, chance: f64) -> u32 {
    if chance >= probability {
        return 0;
    }
    let share = chance / probability * f64::from(LONGEST_STALENESS);
    (1..=LONGEST_STALENESS).find(|reads| share < f64::from(*reads)).unwrap_or(LONGEST_STALENESS)
}

fn latency(forecast: &Forecast, chance: f64) -> Duration {
    let (low, high) = forecast.latency.unwrap_or_default();
    low + (high - low).mul_f64(chance)
}

/// AWS answers what is its own fault with HTTP 500 or 503.
fn injected_fault(code: &str) -> Fault {
    let status = match code {
        "RequestLimitExceeded" | "Unavailable" | "ServiceUnavailable" => 503,
        "ServerException" | "InternalError" | "InternalFailure" | "ServiceFailure" => 500,
        _ => 400,
    };
    Fault::new(code, "injected by the weather").with_status(status)
}

impl Injection {
    fn fits(&self, call: &Call) -> bool {
        let fits = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        fits(&self.service, &call.service) && fits(&self.operation, &call.operation)
    }
}

#[derive(Debug)]
struct Exposed {
    inner: SharedHttpConnector,
    weather: Weather,
}

impl HttpConnector for Exposed {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let call = Call::of(&request);
        let fate = self.weather.fate(&call);
        let (inner, weather) = (self.inner.clone(), self.weather.clone());
        HttpConnectorFuture::new(async move { weather.meet(fate, &call, &inner, request).await })
    }
}

impl Weather {
    async fn meet(
        &self,
        fate: Fate,
        call: &Call,
        inner: &SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if !fate.latency.is_zero() {
            tokio::time::sleep(fate.latency).await;
        }
        if let Some(fault) = fate.fault {
            return Ok(fault.answer(call));
        }
        let answer = self.pass(fate.stale, call, inner, request).await;
        if fate.lost && answer.as_ref().is_ok_and(|answer| answer.status().is_success()) {
            let lost = std::io::Error::new(std::io::ErrorKind::ConnectionReset, "connection reset");
            return Err(ConnectorError::io(lost.into()));
        }
        answer
    }
}
