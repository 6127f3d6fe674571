// Judges resources of the Prometheus Operator: reads them as a JSON list, and writes, for each,
// null or what is wrong with it.
import { readFileSync } from "node:fs";
import { PrometheusRule, ServiceMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1";

const kinds = { PrometheusRule, ServiceMonitor };

const verdicts = JSON.parse(readFileSync(0, "utf8")).map((resource) => {
  try {
    new kinds[resource.kind](resource).validate();
    return null;
  } catch (error) {
    return String(error);
  }
});
console.log(JSON.stringify(verdicts));
