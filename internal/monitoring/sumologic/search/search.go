// Package search counts log lines in Sumo Logic, by its Search Job API.
//
// Source: help.sumologic.com/docs/api/search-job.
package search

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"foobar/internal/ask"
	"foobar/internal/fault"
	"foobar/internal/monitoring/sumologic/registry"
)

// right is the capability of a role that a search takes.
const right = "Download Search Results"

// mostHosts is how many hosts are counted.
const mostHosts = 10000

// Count searches for lines that hold a word, of the time since, and counts them by the host
// that they are from. The word is one to Sumo Logic, too: letters and digits alone. It takes
// some seconds; a line is found from some seconds to minutes after it was taken.
func Count(ctx context.Context, s *registry.Service, word string, since time.Time) (map[string]int, error) {
	var job struct{ ID string }
	query := map[string]any{
		"query": strconv.Quote(word) + " | count by _sourceHost",
		"from":  since.UTC().Format("2006-01-02T15:04:05"), "to": time.Now().UTC().Add(time.Minute).Format("2006-01-02T15:04:05"), "timeZone": "UTC",
	}
	there, err := s.Ask(ctx, registry.Question{Method: http.MethodPost, Path: jobs, Body: query, Right: right}, &job)
	if err != nil {
		return nil, err
	}
	if !there || job.ID == "" {
		return nil, fault.Wrap(fault.MonitorAway, errors.New("the monitoring service's API has no search jobs: the account's kind, or monitoring.api, lacks them"))
	}
	path := jobs + "/" + url.PathEscape(job.ID)
	defer func() { // it would count against the ten that a user may have, for some minutes
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = s.Ask(ctx, registry.Question{Method: http.MethodDelete, Path: path, Right: right}, nil)
	}()
	if err := gathered(ctx, s, path); err != nil {
		return nil, err
	}
	return records(ctx, s, path)
}

const jobs = "/api/v1/search/jobs"

// gathered waits for the end of a job. The service bounds how often it is asked.
func gathered(ctx context.Context, s *registry.Service, path string) error {
	for {
		var job struct {
			State         string
			PendingErrors []string
		}
		there, err := s.Ask(ctx, registry.Question{Path: path, Right: right}, &job)
		switch {
		case err != nil:
			return err
		case !there:
			return ended("it is gone")
		case len(job.PendingErrors) > 0:
			return ended(job.PendingErrors[0])
		case job.State == "DONE GATHERING RESULTS":
			return nil
		case job.State != "NOT STARTED" && job.State != "GATHERING RESULTS":
			return ended(job.State)
		}
	}
}

func ended(why string) error {
	return fault.Wrap(fault.MonitorAway, fmt.Errorf("the monitoring service did not end the search: %s", ask.Printable(why, 200)))
}

// records are the counts of a job that has ended.
func records(ctx context.Context, s *registry.Service, path string) (map[string]int, error) {
	var found struct {
		Records []struct{ Map map[string]string }
	}
	q := registry.Question{Path: path + "/records", Query: url.Values{"offset": {"0"}, "limit": {strconv.Itoa(mostHosts)}}, Right: right}
	there, err := s.Ask(ctx, q, &found)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, ended("it is gone")
	}
	counts := map[string]int{}
	for _, r := range found.Records {
		counts[r.Map["_sourcehost"]] += int(ask.Number(r.Map["_count"]))
	}
	return counts, nil
}
