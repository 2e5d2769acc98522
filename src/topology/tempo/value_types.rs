//! The types of the plain values of a Tempo configuration: data, nothing else.
//!
//! Made from the Go structs of the tags v1.5.0 to v3.0.3 of `grafana/tempo`, followed from `cmd/tempo/app/config.go` into the packages of Tempo and
//! the vendored `grafana/dskit`. A value whose type differed between releases, or that parses itself, is left out.

/// Sections that have the same values, and the values: `b` is true or false, `i` a whole number, `f` a number, `d` a duration of Go (up to
/// hours), `m` one of Prometheus (up to years).
pub(super) const TYPES: &[(&str, &str)] = &[
    (
        ".",
        "auth_enabled:b autocomplete_filtering_enabled:b enable_go_runtime_metrics:b metrics_generator_enabled:b multitenancy_enabled:b \
         partition_ring_live_store:b search_enabled:b shutdown_delay:d span_profiling:b stream_over_http_enabled:b use_otel_tracer:b",
    ),
    (
        "backend_scheduler",
        "backend_flush_interval:d job_timeout:d maintenance_interval:d tenant_measurement_interval:d",
    ),
    (
        "backend_scheduler.provider.compaction",
        "max_compaction_level:i max_input_blocks:i max_jobs_per_tenant:i measure_interval:d min_cycle_interval:d min_input_blocks:i",
    ),
    (
        "backend_scheduler.provider.compaction.backoff backend_scheduler_client.grpc_client_config.backoff_config backend_worker.backoff \
         ingester_client.grpc_client_config.backoff_config live_store_client.grpc_client_config.backoff_config \
         metrics_generator_client.grpc_client_config.backoff_config querier.frontend_worker.grpc_client_config.backoff_config \
         query_frontend.grpc_client_config.backoff_config usage_report.backoff",
        "max_period:d max_retries:i min_period:d",
    ),
    (
        "backend_scheduler.provider.compaction.compaction backend_worker.compaction",
        "block_retention:d compacted_block_retention:d compaction_cycle:d compaction_window:d max_block_bytes:i max_compaction_objects:i \
         max_time_per_tenant:d retention_concurrency:i v2_in_buffer_bytes:i v2_out_buffer_bytes:i v2_prefetch_traces_count:i",
    ),
    (
        "backend_scheduler.provider.redaction",
        "max_rescan_generations:i poll_interval:d rescan_delay:d",
    ),
    ("backend_scheduler.provider.retention", "interval:d"),
    ("backend_scheduler.work", "dead_job_timeout:d prune_age:d"),
    (
        "backend_scheduler_client.grpc_client_config ingester_client.grpc_client_config live_store_client.grpc_client_config \
         metrics_generator_client.grpc_client_config querier.frontend_worker.grpc_client_config",
        "backoff_on_ratelimits:b connect_backoff_base_delay:d connect_backoff_max_delay:d connect_timeout:d max_recv_msg_size:i \
         max_send_msg_size:i rate_limit:f rate_limit_burst:i tls_enabled:b tls_insecure_skip_verify:b",
    ),
    ("backend_worker", "finish_on_shutdown_timeout:d"),
    (
        "backend_worker.ring compactor.ring",
        "enable_inet6:b heartbeat_period:d heartbeat_timeout:d instance_port:i wait_active_instance_timeout:d \
         wait_stability_max_duration:d wait_stability_min_duration:d",
    ),
    (
        "block_builder",
        "consume_cycle_duration:d max_consuming_bytes:i partitions_per_instance:i",
    ),
    ("block_builder.block", "max_block_bytes:i"),
    (
        "block_builder.wal live_store.wal metrics_generator.traces_query_storage metrics_generator.traces_storage storage.trace.wal",
        "ingestion_time_range_slack:d",
    ),
    (
        "cache.background storage.trace.background_cache",
        "writeback_buffer:i writeback_goroutines:i",
    ),
    ("compactor", "disabled:b"),
    (
        "compactor.compaction",
        "block_retention:d chunk_size_bytes:i compacted_block_retention:d compaction_cycle:d compaction_window:d flush_size_bytes:i \
         iterator_buffer_size:i max_block_bytes:i max_compaction_objects:i max_time_per_tenant:d retention_concurrency:i \
         v2_in_buffer_bytes:i v2_out_buffer_bytes:i v2_prefetch_traces_count:i",
    ),
    (
        "distributor",
        "artificial_delay:d extend_writes:b ingester_write_path_enabled:b kafka_write_path_enabled:b log_received_traces:b \
         max_attribute_bytes:i max_span_attr_byte:i retry_after_on_resource_exhausted:d",
    ),
    (
        "distributor.kafka_config ingest.kafka",
        "auto_create_topic_default_partitions:i auto_create_topic_enabled:b consumer_group_lag_metric_update_interval:d \
         consumer_group_offset_commit_interval:d dial_timeout:d disable_kafka_telemetry:b last_produced_offset_retry_timeout:d \
         max_consumer_lag_at_startup:d producer_max_buffered_bytes:i producer_max_record_size_bytes:i target_consumer_lag_at_startup:d \
         write_timeout:d",
    ),
    (
        "distributor.log_discarded_spans distributor.log_received_spans",
        "enabled:b filter_by_status_error:b include_all_attributes:b",
    ),
    ("distributor.metric_received_spans", "enabled:b root_only:b"),
    (
        "distributor.ring live_store.ring metrics_generator.ring",
        "enable_inet6:b heartbeat_period:d heartbeat_timeout:d instance_port:i",
    ),
    (
        "distributor.usage.cost_attribution",
        "enabled:b max_cardinality:i stale_duration:d",
    ),
    (
        "ingest memberlist.zone_aware_routing query_frontend.mcp_server",
        "enabled:b",
    ),
    (
        "ingester",
        "complete_block_timeout:d concurrent_flushes:i flush_all_on_shutdown:b flush_check_period:d flush_object_storage:b \
         flush_op_timeout:d max_block_bytes:i max_block_duration:d trace_idle_period:d trace_live_period:d",
    ),
    (
        "ingester.lifecycler",
        "enable_inet6:b final_sleep:d heartbeat_period:d heartbeat_timeout:d join_after:d min_ready_duration:d num_tokens:i \
         observe_period:d readiness_check_ring_health:b unregister_on_shutdown:b",
    ),
    (
        "ingester.lifecycler.ring",
        "heartbeat_timeout:d replication_factor:i zone_awareness_enabled:b",
    ),
    (
        "ingester.partition_ring live_store.partition_ring",
        "delete_inactive_partition_after:d min_partition_owners_count:i min_partition_owners_duration:d",
    ),
    (
        "ingester_client live_store_client metrics_generator_client",
        "remote_timeout:d",
    ),
    (
        "internal_server",
        "create_new_traces:b enable:b graceful_shutdown_timeout:d grpc_collect_max_streams_by_conn:b grpc_listen_conn_limit:i \
         grpc_listen_port:i grpc_server_keepalive_time:d grpc_server_keepalive_timeout:d grpc_server_max_concurrent_streams:i \
         grpc_server_max_connection_age:d grpc_server_max_connection_age_grace:d grpc_server_max_connection_idle:d \
         grpc_server_max_recv_msg_size:i grpc_server_max_send_msg_size:i grpc_server_min_time_between_pings:d grpc_server_num_workers:i \
         grpc_server_ping_without_stream_allowed:b grpc_server_read_buffer_size:i grpc_server_recv_buffer_pools_enabled:b \
         grpc_server_stats_tracking_enabled:b grpc_server_write_buffer_size:i http_listen_conn_limit:i http_listen_port:i \
         http_log_closed_connections_without_response_enabled:b http_server_idle_timeout:d http_server_read_header_timeout:d \
         http_server_read_timeout:d http_server_write_timeout:d log_request_at_info_level_enabled:b log_request_headers:b \
         log_source_ips_enabled:b log_source_ips_full:b proxy_protocol_enabled:b register_instrumentation:b \
         report_grpc_codes_in_instrumentation_label_enabled:b trace_request_headers:b",
    ),
    (
        "internal_server.cluster_validation.grpc server.cluster_validation.grpc",
        "enabled:b soft_validation:b",
    ),
    (
        "live_store",
        "block_reclaim_grace:d commit_interval:d complete_block_concurrency:i complete_block_timeout:d fail_on_high_lag:b \
         flush_check_period:d flush_op_timeout:d max_block_bytes:i max_block_duration:d max_live_traces_bytes:i max_trace_idle:d \
         max_trace_live:d query_block_concurrency:i readiness_max_wait:d readiness_target_lag:d remove_owner_on_shutdown:b",
    ),
    (
        "live_store.block_config metrics_generator.processor.local_blocks.block",
        "bloom_filter_false_positive:f bloom_filter_shard_size_bytes:i parquet_row_group_size_bytes:i search_page_size_bytes:i \
         v2_index_downsample_bytes:i v2_index_page_size_bytes:i",
    ),
    ("live_store.metrics", "time_overlap_cutoff:f"),
    (
        "memberlist",
        "abort_if_cluster_fast_join_fails:b abort_if_cluster_fast_join_fails_min_nodes:i abort_if_cluster_join_fails:b \
         acquire_writer_timeout:d advertise_port:i bind_port:i broadcast_timeout_for_local_updates_on_shutdown:d \
         cluster_label_verification_disabled:b compression_enabled:b dead_node_reclaim_time:d gossip_interval:d gossip_nodes:i \
         gossip_to_dead_nodes_time:d leave_timeout:d left_ingesters_timeout:d max_concurrent_writes:i max_join_backoff:d \
         max_join_retries:i message_history_buffer_bytes:i min_join_backoff:d notify_interval:d obsolete_entries_timeout:d \
         packet_dial_timeout:d packet_write_timeout:d pull_push_interval:d randomize_node_name:b received_messages_queue_size:i \
         rejoin_interval:d retransmit_factor:i stream_timeout:d tls_enabled:b tls_insecure_skip_verify:b watch_prefix_buffer_size:i",
    ),
    (
        "memberlist.propagation_delay_tracker",
        "beacon_interval:d beacon_lifetime:d enabled:b log_beacons_latency_longer_than:d",
    ),
    ("memory", "automemlimit_enabled:b automemlimit_ratio:f"),
    (
        "metrics_generator",
        "disable_grpc:b disable_local_blocks:b ingest_concurrency:i leave_consumer_group_on_shutdown:b \
         metrics_ingestion_time_range_slack:d query_timeout:d",
    ),
    (
        "metrics_generator.processor.local_blocks",
        "complete_block_timeout:d concurrency:i concurrent_blocks:i filter_server_spans:b flush_check_period:d flush_to_storage:b \
         max_block_bytes:i max_block_duration:d max_live_traces:i max_live_traces_bytes:i time_overlap_cutoff:f trace_idle_period:d \
         trace_live_period:d",
    ),
    (
        "metrics_generator.processor.local_blocks.search storage.trace.search",
        "chunk_size_bytes:i prefetch_trace_count:i read_buffer_count:i read_buffer_size_bytes:i",
    ),
    (
        "metrics_generator.processor.local_blocks.search.cache_control storage.trace.search.cache_control",
        "column_index:b footer:b offset_index:b",
    ),
    (
        "metrics_generator.processor.service_graphs",
        "enable_client_server_prefix:b enable_messaging_system_latency_histogram:b enable_tracestate_span_multiplier:b \
         enable_virtual_node_label:b max_items:i wait:d workers:i",
    ),
    (
        "metrics_generator.processor.span_metrics overrides.defaults.metrics_generator.processor.span_metrics",
        "enable_instance_label:b enable_target_info:b enable_tracestate_span_multiplier:b",
    ),
    (
        "metrics_generator.processor.span_metrics.intrinsic_dimensions",
        "service:b span_kind:b span_name:b status_code:b status_message:b",
    ),
    (
        "metrics_generator.registry",
        "collection_interval:d max_label_name_length:i max_label_value_length:i stale_duration:d",
    ),
    (
        "metrics_generator.storage",
        "remote_write_add_org_id_header:b remote_write_flush_deadline:d",
    ),
    (
        "metrics_generator.storage.wal",
        "max_wal_time:i min_wal_time:i no_lockfile:b stripe_size:i truncate_frequency:d wal_segment_size:i",
    ),
    (
        "overrides",
        "block_retention:m enable_legacy_overrides:b ingestion_burst_size_bytes:i ingestion_rate_limit_bytes:i \
         max_blocks_per_tag_values_query:i max_bytes_per_tag_values_query:i max_bytes_per_trace:i max_global_traces_per_user:i \
         max_search_bytes_per_trace:i max_search_duration:m max_traces_per_user:i metrics_generator_collection_interval:d \
         metrics_generator_disable_collection:b metrics_generator_forwarder_queue_size:i metrics_generator_forwarder_workers:i \
         metrics_generator_max_active_series:i metrics_generator_processor_local_blocks_complete_block_timeout:d \
         metrics_generator_processor_local_blocks_flush_check_period:d metrics_generator_processor_local_blocks_max_block_bytes:i \
         metrics_generator_processor_local_blocks_max_block_duration:d metrics_generator_processor_local_blocks_max_live_traces:i \
         metrics_generator_processor_local_blocks_trace_idle_period:d \
         metrics_generator_processor_service_graphs_enable_client_server_prefix:b \
         metrics_generator_processor_span_metrics_enable_target_info:b metrics_generator_ring_size:i per_tenant_override_period:m",
    ),
    (
        "overrides.defaults.compaction",
        "block_retention:m compaction_disabled:b compaction_window:m",
    ),
    ("overrides.defaults.cost_attribution", "max_cardinality:i"),
    ("overrides.defaults.global", "max_bytes_per_trace:i"),
    (
        "overrides.defaults.ingestion",
        "artificial_delay:d burst_size_bytes:i max_attribute_bytes:i max_global_traces_per_user:i max_traces_per_user:i \
         rate_limit_bytes:i retry_info_enabled:b tenant_shard_size:i",
    ),
    (
        "overrides.defaults.metrics_generator",
        "collection_interval:d disable_collection:b ingestion_time_range_slack:d max_active_entities:i max_active_series:i \
         max_cardinality_per_label:i native_histogram_bucket_factor:f native_histogram_max_bucket_number:i \
         native_histogram_min_reset_duration:d ring_size:i",
    ),
    (
        "overrides.defaults.metrics_generator.forwarder",
        "queue_size:i workers:i",
    ),
    (
        "overrides.defaults.metrics_generator.processor.local_blocks",
        "complete_block_timeout:d flush_check_period:d max_block_bytes:i max_block_duration:d max_live_traces:i trace_idle_period:d",
    ),
    (
        "overrides.defaults.metrics_generator.processor.service_graphs",
        "enable_client_server_prefix:b enable_messaging_system_latency_histogram:b enable_tracestate_span_multiplier:b \
         enable_virtual_node_label:b",
    ),
    (
        "overrides.defaults.read",
        "left_pad_trace_ids:b max_blocks_per_tag_values_query:i max_bytes_per_tag_values_query:i max_condition_groups_per_tag_query:i \
         max_metrics_duration:m max_search_duration:m metrics_spanonly_fetch:b unsafe_query_hints:b",
    ),
    ("overrides.user_configurable_overrides", "enabled:b poll_interval:d"),
    (
        "overrides.user_configurable_overrides.api",
        "check_for_conflicting_runtime_overrides:b",
    ),
    ("overrides.user_configurable_overrides.client", "confirm_versioning:b"),
    (
        "overrides.user_configurable_overrides.client.azure",
        "buffer_size:i hedge_requests_at:d hedge_requests_up_to:i max_buffers:i use_federated_token:b use_managed_identity:b use_v2_sdk:b",
    ),
    (
        "overrides.user_configurable_overrides.client.gcs storage.trace.gcs",
        "chunk_buffer_size:i hedge_requests_at:d hedge_requests_up_to:i insecure:b list_blocks_concurrency:i max_retries:i",
    ),
    (
        "overrides.user_configurable_overrides.client.s3",
        "bucket_lookup_type:i enable_dual_stack:b forcepathstyle:b hedge_requests_at:d hedge_requests_up_to:i insecure:b \
         list_blocks_concurrency:i native_aws_auth_enabled:b part_size:i retry_backoff_initial:d retry_backoff_max:d retry_max_attempts:i \
         signature_v2:b tls_insecure_skip_verify:b",
    ),
    (
        "querier",
        "extra_query_delay:d max_concurrent_queries:i query_live_store:b query_relevant_ingesters:b query_timeout:d \
         shuffle_sharding_ingesters_enabled:b shuffle_sharding_ingesters_lookback_period:d",
    ),
    (
        "querier.frontend_worker",
        "dns_lookup_duration:d match_max_concurrent:b parallelism:i",
    ),
    ("querier.metrics", "concurrent_blocks:i time_overlap_cutoff:f"),
    ("querier.partition_ring", "hedging_delay:d minimize_requests:b"),
    (
        "querier.search",
        "external_hedge_requests_at:d external_hedge_requests_up_to:i prefer_self:i query_timeout:d",
    ),
    ("querier.trace_by_id", "query_timeout:d"),
    ("querier.trace_by_id.external", "timeout:d"),
    (
        "query_frontend",
        "api_timeout:d log_queries_longer_than:d max_batch_size:i max_body_size:i max_grpc_streaming_packet_size:i \
         max_outstanding_per_tenant:i max_query_expression_size_bytes:i max_retries:i multi_tenant_queries_enabled:b \
         querier_forget_delay:d query_end_cutoff:d query_shards:i query_stats_enabled:b response_consumers:i \
         scheduler_dns_lookup_period:d scheduler_worker_concurrency:i tolerate_failed_blocks:i",
    ),
    (
        "query_frontend.grpc_client_config",
        "backoff_on_ratelimits:b max_recv_msg_size:i max_send_msg_size:i rate_limit:f rate_limit_burst:i tls_enabled:b \
         tls_insecure_skip_verify:b",
    ),
    (
        "query_frontend.metrics",
        "concurrent_jobs:i duration_slo:d exemplars:b interval:d max_duration:d max_exemplars:i max_intervals:i max_response_series:i \
         query_backend_after:d streaming_shards:i target_bytes_per_job:i throughput_bytes_slo:f",
    ),
    (
        "query_frontend.search",
        "concurrent_jobs:i default_result_limit:i default_spans_per_span_set:i duration_slo:d ingester_shards:i max_duration:d \
         max_result_limit:i max_spans_per_span_set:i most_recent_shards:i query_backend_after:d query_ingesters_until:d \
         target_bytes_per_job:i throughput_bytes_slo:f timeout:d",
    ),
    (
        "query_frontend.search.metadata_slo",
        "duration_slo:d throughput_bytes_slo:f",
    ),
    (
        "query_frontend.trace_by_id",
        "concurrent_shards:i duration_slo:d external_enabled:b hedge_requests_at:d hedge_requests_up_to:i query_shards:i \
         throughput_bytes_slo:f",
    ),
    (
        "query_frontend.weights",
        "max_regex_conditions:i max_traceql_conditions:i request_with_weights:b retry_with_weights:b",
    ),
    (
        "server",
        "create_new_traces:b graceful_shutdown_timeout:d grpc_collect_max_streams_by_conn:b grpc_listen_conn_limit:i grpc_listen_port:i \
         grpc_server_keepalive_time:d grpc_server_keepalive_timeout:d grpc_server_max_concurrent_streams:i \
         grpc_server_max_connection_age:d grpc_server_max_connection_age_grace:d grpc_server_max_connection_idle:d \
         grpc_server_max_recv_msg_size:i grpc_server_max_send_msg_size:i grpc_server_min_time_between_pings:d grpc_server_num_workers:i \
         grpc_server_ping_without_stream_allowed:b grpc_server_read_buffer_size:i grpc_server_recv_buffer_pools_enabled:b \
         grpc_server_stats_tracking_enabled:b grpc_server_write_buffer_size:i http_listen_conn_limit:i http_listen_port:i \
         http_log_closed_connections_without_response_enabled:b http_server_idle_timeout:d http_server_read_header_timeout:d \
         http_server_read_timeout:d http_server_write_timeout:d log_request_at_info_level_enabled:b log_request_headers:b \
         log_source_ips_enabled:b log_source_ips_full:b proxy_protocol_enabled:b register_instrumentation:b \
         report_grpc_codes_in_instrumentation_label_enabled:b trace_request_headers:b",
    ),
    (
        "storage.trace",
        "blocklist_poll:d blocklist_poll_concurrency:i blocklist_poll_fallback:b blocklist_poll_jitter_ms:i \
         blocklist_poll_stale_tenant_index:d blocklist_poll_tenant_concurrency:i blocklist_poll_tenant_index_builders:i \
         blocklist_poll_tolerate_consecutive_errors:i blocklist_poll_tolerate_tenant_failures:i cache_max_block_age:d \
         cache_min_compaction_level:i empty_tenant_deletion_age:d empty_tenant_deletion_enabled:b",
    ),
    (
        "storage.trace.azure",
        "buffer-size:i buffer_size:i hedge-requests-at:d hedge-requests-up-to:i hedge_requests_at:d hedge_requests_up_to:i max-buffers:i \
         max_buffers:i use-managed-identity:b use_federated_token:b use_managed_identity:b use_v2_sdk:b",
    ),
    (
        "storage.trace.block",
        "bloom_filter_false_positive:f bloom_filter_shard_size_bytes:i index_downsample_bytes:i index_page_size_bytes:i \
         parquet_row_group_size_bytes:i row_group_size_bytes:i search_page_size_bytes:i v2_index_downsample_bytes:i \
         v2_index_page_size_bytes:i",
    ),
    (
        "storage.trace.memcached",
        "circuit_breaker_consecutive_failures:i circuit_breaker_interval:d circuit_breaker_timeout:d consistent_hash:b max_idle_conns:i \
         max_item_size:i timeout:d tls_enabled:b tls_insecure_skip_verify:b ttl:d update_interval:d",
    ),
    ("storage.trace.pool", "max_workers:i queue_depth:i"),
    (
        "storage.trace.redis",
        "db:i expiration:d idle_timeout:d max_connection_age:d pool_size:i timeout:d tls_enabled:b tls_insecure_skip_verify:b ttl:d",
    ),
    (
        "storage.trace.s3",
        "bucket_lookup_type:i enable_dual_stack:b forcepathstyle:b hedge_requests_at:d hedge_requests_up_to:i insecure:b \
         insecure_skip_verify:b list_blocks_concurrency:i native_aws_auth_enabled:b part_size:i retry_backoff_initial:d \
         retry_backoff_max:d retry_max_attempts:i signature_v2:b tls_insecure_skip_verify:b",
    ),
    ("usage_report", "reporting_enabled:b"),
];
