-- Before each job. Primary key of jobs.
select job_begin(:job_name)
