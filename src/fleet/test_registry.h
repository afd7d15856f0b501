// A registry and policies like SecureWatch's, in our own words, and what is said of them. For the tests of
// fleet/.
#pragma once

#include <string>
#include <string_view>

#include "base/diagnostic.h"
#include "fleet/import.h"
#include "fleet/registry.h"

namespace slipway::fleet {

inline constexpr std::string_view kCustomers = R"json({
  "customers": [
    {
      "name": "Northwind Traders", "slug": "northwind", "industry": "technology", "size": "midsize",
      "current_version": "v1.0.0", "target_version": "v1.0.0",
      "deployment_policy": "standard", "deployment_source": "stable_tags_only",
      "database_url": "postgresql:\/\/northwind_user:n0rth-pw@db-a.example.com:5432\/securewatch_northwind",
      "render_services": { "backend": "srv-n1", "frontend": "srv-n2" },
      "setup_date": "2024-01-15", "last_updated": "2024-03-15", "auto_update": true,
      "contact": { "email": "it@northwind.example", "name": "Nora \u00d8st" },
      "maintenance_window": { "day": "Saturday", "time": "01:00-05:00", "timezone": "America/Toronto" }
    },
    {
      "name": "Quickstart", "slug": "quickstart", "industry": "technology", "size": "startup",
      "current_version": "v1.0.0", "target_version": "latest_stable",
      "deployment_policy": "startup", "deployment_source": "latest_stable_tag",
      "database_url": "postgresql://quickstart_user:qu1ck-pw@db-a.example.com/securewatch_quickstart",
      "auto_update": true,
      "maintenance_window": { "day": "any", "time": "flexible", "timezone": "customer_preference" }
    },
    {
      "name": "Clinic Group", "slug": "clinic", "industry": "healthcare", "size": "midsize",
      "current_version": "v0.9.0", "target_version": "v1.0.0",
      "deployment_policy": "enterprise",
      "database_url": "postgresql://clinic_user:cl1nic%40pw@db-b.example.com:6432/securewatch_clinic?sslmode=require",
      "maintenance_window": { "day": "Sunday", "time": "22:00-02:00", "timezone": "Europe/Berlin" }
    },
    {
      "name": "First Ledger Bank", "slug": "ledger", "industry": "finance", "size": "enterprise",
      "current_version": "v1.0.0", "target_version": "v1.0.0",
      "deployment_policy": "enterprise", "deployment_source": "stable_tags_only",
      "database_url": "postgresql://ledger_user@db-b.example.com:6432/securewatch_ledger",
      "auto_update": false
    },
    {
      "name": "Alder & Birch", "slug": "alder", "industry": "technology", "size": "standard",
      "current_version": "v1.0.0", "target_version": "v1.0.0",
      "deployment_policy": "standard", "deployment_source": "stable_tags_only",
      "database_url": "postgresql://alder_user:ald3r-pw@db-a.example.com:5432/securewatch_alder",
      "maintenance_window": { "day": "Saturday", "time": "any", "timezone": "UTC" }
    }
  ],
  "metadata": {
    "last_updated": "2024-03-15T10:30:00Z",
    "total_customers": 5,
    "latest_version": "v1.0.0",
    "next_planned_version": "v1.1.0",
    "deployment_strategy": "tag_based_production",
    "supported_versions": ["v1.0.0"],
    "deprecated_versions": ["v0.9.0"],
    "version_distribution": { "v1.0.0": 4, "v0.9.0": 1 }
  },
  "deployment_environments": {
    "production": { "allowed_policies": ["enterprise", "standard", "startup"], "default_source": "stable_tags_only", "requires_approval": true },
    "staging": { "allowed_policies": ["all"], "default_source": "latest_stable_tag", "requires_approval": false },
    "demo": { "allowed_policies": ["demo"], "default_source": "main_branch", "requires_approval": false }
  }
}
)json";

inline constexpr std::string_view kPolicies = R"json({
  "deployment_policies": {
    "enterprise": {
      "description": "As stable as can be", "deployment_source": "stable_tags_only", "auto_update": false,
      "supported_versions": ["v1.0.0"], "minimum_testing_period": "14_days", "rollback_window": "24_hours",
      "maintenance_window": { "day": "Sunday", "time": "02:00-06:00", "timezone": "UTC" },
      "minor_release_policy": {
        "adoption_strategy": "manual_approval_required", "notification_advance": "14_days",
        "rollout_delay": "60_days_after_release", "requires_customer_approval": true,
        "testing_period": "30_days", "batch_deployment": false
      }
    },
    "standard": {
      "deployment_source": "stable_tags_only", "auto_update": true, "supported_versions": ["v1.0.0", "v1.1.0"],
      "minor_release_policy": { "rollout_delay": "30_days_after_release", "batch_deployment": true, "batch_size": "25_percent" }
    },
    "startup": {
      "deployment_source": "latest_stable_tag", "auto_update": true, "supported_versions": ["v1.0.0", "v1.1.0"],
      "minor_release_policy": { "rollout_delay": "7_days_after_release", "batch_deployment": true, "batch_size": "50_percent" }
    },
    "demo": { "deployment_source": "main_branch", "auto_update": true, "rollback_window": "2_hours" }
  },
  "version_lifecycle": {
    "v1.0.0": { "status": "stable", "release_date": "2024-03-15", "end_of_life": null, "security_updates": true },
    "main": { "status": "development", "release_date": "continuous" }
  },
  "deployment_rules": {
    "production": { "allowed_sources": ["stable_tags_only", "latest_stable_tag"], "requires_backup": true, "requires_approval": true, "allowed_time_windows": ["maintenance_window"] },
    "staging": { "allowed_sources": ["stable_tags_only", "latest_stable_tag", "main_branch"], "allowed_time_windows": ["any"] },
    "demo": { "allowed_sources": ["main_branch", "latest_stable_tag"], "requires_backup": false }
  },
  "minor_release_rules": {
    "compatibility_requirements": { "database_schema": "backward_compatible" },
    "testing_requirements": { "unit_tests": "100_percent_pass" },
    "rollout_phases": [
      { "phase": "demo", "duration": "1_day", "customer_types": ["demo"] },
      { "phase": "startup_early_access", "duration": "7_days", "customer_types": ["startup"], "success_criteria": ["no_rollbacks"] },
      { "phase": "standard_rollout", "duration": "14_days", "customer_types": ["standard"] },
      { "phase": "enterprise_rollout", "duration": "30_days", "customer_types": ["enterprise"] }
    ]
  }
}
)json";

// `text` with the one place that reads `from` changed to `to`; dies when there is none.
inline std::string With(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const std::size_t at = out.find(from);
  if (at == out.npos) std::abort();
  return out.replace(at, from.size(), to);
}

// All that is said of them, as a person sees it.
inline std::string Said(std::string_view customers, std::string_view policies = "") {
  base::Diagnostics problems;
  std::optional<Policies> read;
  if (!policies.empty()) read = ReadPolicies(policies, "policies.json", problems);
  ReadRegistry(customers, "customers.json", read ? &*read : nullptr, problems);
  base::Diagnostics of_customers, of_policies;
  for (const base::Diagnostic& problem : problems)
    (problem.file == "customers.json" ? of_customers : of_policies).push_back(problem);
  return base::Render(of_customers, customers) + base::Render(of_policies, policies);
}

inline Imported ImportOf(std::string_view customers, std::string_view policies = "") {
  base::Diagnostics problems;
  std::optional<Policies> read;
  if (!policies.empty()) read = ReadPolicies(policies, "policies.json", problems);
  const Registry registry =
      ReadRegistry(customers, "config/customers.json", read ? &*read : nullptr, problems);
  if (base::HasErrors(problems)) std::abort();
  return Import(registry, read ? &*read : nullptr);
}

}  // namespace slipway::fleet
